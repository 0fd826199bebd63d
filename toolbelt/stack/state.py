"""What is running without Docker, as a file that any other `./inv` can read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil


@dataclass
class Running:
    """A process of the stack: its pid with the time it was born (pids are used again), and how it is doing."""

    pid: int
    born: float
    status: str = "up"  # up | exited | restarting
    restarts: int = 0

    @classmethod
    def of(cls, pid: int, *, restarts: int = 0) -> Running:
        try:
            return cls(pid=pid, born=psutil.Process(pid).create_time(), restarts=restarts)
        except psutil.Error:
            return cls(pid=pid, born=0.0, status="exited", restarts=restarts)

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            # The time of birth is counted from the boot, which moves a little whenever the clock is set.
            same = abs(process.create_time() - self.born) < 2.0
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


@dataclass
class State:
    """The whole stack: phase, supervisor, processes, ports, what was said on the way up, and the site's environ.

    The environ holds the development database's password: the file is readable by its owner only.
    """

    phase: str  # starting | ready | stopping | failed | stopped
    supervisor: Running
    port: int
    processes: dict[str, Running] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[str, str, float | None]] = field(default_factory=list)
    failure: dict[str, str] = field(default_factory=dict)

    def alive(self) -> bool:
        return self.supervisor.alive()

    def save(self, path: Path) -> None:
        """Write the file in one step, so that nobody reads half of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
        fresh.replace(path)


def load(path: Path) -> State | None:
    """The state that was last written, or None; a file that cannot be read counts as none."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["supervisor"] = Running(**raw["supervisor"])
        raw["processes"] = {name: Running(**each) for name, each in raw["processes"].items()}
        raw["steps"] = [(name, note, seconds) for name, note, seconds in raw["steps"]]
        return State(**raw)
    except (OSError, ValueError, KeyError, TypeError):
        return None
