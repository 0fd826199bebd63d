"""Processes that we started, in files, so that the next start finds those that a killed rehearsal has left behind."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil


class Leftovers:
    """A folder with a file for every process: its pid and the time it was born, as pids are used again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, pid: int) -> Path:
        """Remember a process that leads a group of its own; returns the file, to be removed at its end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{pid}.json"
        with suppress(psutil.Error):
            file.write_text(json.dumps([pid, psutil.Process(pid).create_time()]), encoding="utf-8")
        return file

    def end(self) -> None:
        """Kill those that still run, with all that belongs to them."""
        for file in self._folder.glob("*.json"):
            with suppress(OSError, ValueError, psutil.Error):
                pid, born = json.loads(file.read_text(encoding="utf-8"))
                process = psutil.Process(pid)
                if process.create_time() == born:
                    _kill(process)
            file.unlink(missing_ok=True)


def _kill(process: psutil.Process) -> None:
    for each in [*process.children(recursive=True), process]:
        with suppress(psutil.Error):
            each.kill()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(psutil.TimeoutExpired):
        process.wait(5)
