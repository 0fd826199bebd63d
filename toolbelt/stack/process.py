"""One process of the Procfile: started, read line by line, ended with everything that it started itself."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from toolbelt import shell

GRACE_SECONDS = 30.0  # as on Heroku: SIGTERM, and SIGKILL half a minute later


@dataclass
class Process:
    """How to start a process, the running instance, and the end of its log.

    line is told of every line it prints, from a thread of its own.
    """

    name: str
    command: str
    root: Path
    environ: Mapping[str, str]
    line: Callable[[str, str], None]
    popen: shell.Popen | None = None
    restarts: int = 0
    due: float | None = None  # when it is to be started again, on the monotonic clock
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=40))
    _reader: threading.Thread | None = None

    @property
    def returncode(self) -> int | None:
        """The exit status; None while it runs. All that it printed has been read by then."""
        if self.popen is None or self.popen.poll() is None:
            return None
        if self._reader is not None:
            self._reader.join(1.0)
        return self.popen.returncode

    def start(self) -> None:
        """Start it at the head of a process group of its own."""
        environ = {**self.environ, "PYTHONUNBUFFERED": "1"}
        self.popen = shell.spawn(["sh", "-c", f"exec {self.command}"], cwd=self.root, env=environ, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, args=(self.popen,), daemon=True)
        self._reader.start()

    def _read(self, popen: shell.Popen) -> None:
        assert popen.stdout is not None
        for raw in popen.stdout:
            text = raw.decode(errors="replace").rstrip()
            self.tail.append(text)
            self.line(self.name, text)


def end(processes: Iterable[Process]) -> None:
    """SIGTERM to whole process groups at once, as a dyno gets it; SIGKILL to what is left after the grace."""
    started = [(process, process.popen) for process in processes if process.popen is not None]
    alive = [(process, popen) for process, popen in started if popen.poll() is None]
    for _, popen in alive:
        shell.signal_group(popen.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for process, popen in alive:
        try:
            popen.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.line(process.name, f"did not end within {GRACE_SECONDS:.0f} s of SIGTERM: killed")
    for _, popen in started:  # children that outlived their parent, too
        shell.signal_group(popen.pid, signal.SIGKILL)
        popen.wait()
