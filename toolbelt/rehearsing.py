"""The rehearsal as a process of ours: started, found again, ended. What it does inside is none of our business."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from toolbelt import shell
from toolbelt.errors import StackError

START_SECONDS = 120.0  # databases of the last time are started, too
STOP_SECONDS = 90.0  # dynos have half a minute to end


@dataclass(frozen=True)
class Rehearsal:
    """A rehearsal that runs: its process, and which runtime its dynos have (docker or process)."""

    pid: int
    runtime: str
    api: str
    home: Path

    @property
    def log(self) -> Path:
        return self.home / "rehearsal.log"


def find(home: Path) -> Rehearsal | None:
    """The rehearsal that runs in the folder, or None."""
    try:
        facts = json.loads((home / "rehearsal.json").read_text(encoding="utf-8"))
        found = Rehearsal(pid=facts["pid"], runtime=facts["runtime"], api=facts["api"], home=home)
        words = psutil.Process(found.pid).cmdline()
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    # A pid is used again: it must be a rehearsal, and of this folder.
    return found if "rehearsal" in words and str(home) in words else None


def start(
    home: Path, *, root: Path, environ: Mapping[str, str], runtime: str = "", settings: Mapping[str, float] | None = None
) -> Rehearsal:
    """Start one in a process of its own, and wait until it is ready. StackError if it does not come up.

    settings: by their names in the rehearsal's own settings.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    said = home / "start.log"
    argv: list[str | Path] = [sys.executable, "-m", "rehearsal", "--home", home]
    argv += ["--runtime", runtime] if runtime else []
    for name, value in (settings or {}).items():
        argv += ["--set", f"{name}={value:g}"]
    with said.open("wb") as out:
        process = shell.spawn(argv, cwd=root, env=environ, stdout=out)
    deadline = time.monotonic() + START_SECONDS
    while (found := find(home)) is None or found.pid != process.pid:
        if process.poll() is not None or time.monotonic() > deadline:
            shell.signal_group(process.pid, signal.SIGTERM)
            raise StackError(
                "The rehearsal did not start",
                finding=said.read_text(encoding="utf-8", errors="replace").strip(),
                todo=f"Its log is {home / 'rehearsal.log'}",
            )
        time.sleep(0.05)
    return found


def clear(home: Path, *, root: Path, environ: Mapping[str, str]) -> None:
    """Throw away the apps of a rehearsal that has ended, their data and images. CommandFailed if that cannot be done."""
    shell.run([sys.executable, "-m", "rehearsal", "--home", home, "--clear"], cwd=root, env=environ, timeout=STOP_SECONDS)


def stop(running: Rehearsal) -> None:
    """End it with all that it started; what it keeps is there the next time. Returns when it is gone."""
    try:
        process = psutil.Process(running.pid)
        process.terminate()
        process.wait(STOP_SECONDS)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        process.kill()  # what it leaves behind is removed by its next start
