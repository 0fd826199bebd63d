"""Where the stack without Docker writes down what it does: the state for other verbs, the log for people."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from toolbelt.stack.state import State


@dataclass
class Layout:
    """The files of the stack without Docker, all below one folder that git ignores."""

    home: Path

    @property
    def state(self) -> Path:
        return self.home / "state.json"

    @property
    def log(self) -> Path:
        return self.home / "stack.log"

    @property
    def restart(self) -> Path:
        return self.home / "restart"

    @property
    def servers(self) -> Path:
        return self.home / "servers"


@dataclass
class Record:
    """State and log, written as things happen; ``on_step`` and ``on_line`` tell whoever looks on."""

    layout: Layout
    state: State
    on_step: Callable[[str, str, float | None], None]
    on_line: Callable[[str, str], None]
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Make the folder; the log of the last time is kept beside the new one."""
        self.layout.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.layout.log.exists():
            self.layout.log.replace(self.layout.log.with_suffix(".log.1"))

    def phase(self, phase: str) -> None:
        """starting, ready, stopping, failed or stopped."""
        self.state.phase = phase
        self.save()

    def save(self) -> None:
        self.state.save(self.layout.state)

    def step(self, name: str, note: str, seconds: float | None = None) -> None:
        """A step on the way up that is done."""
        self.state.steps.append((name, note, seconds))
        self.save()
        with self._one_at_a_time:
            self.on_step(name, note, seconds)

    def line(self, name: str, text: str) -> None:
        """A line that a process printed; called from a thread of each process."""
        stamp = datetime.now().astimezone().isoformat(timespec="milliseconds")
        with self._one_at_a_time:
            with self.layout.log.open("a", encoding="utf-8") as log:
                log.write(f"{stamp} {name} {text}\n")
            self.on_line(name, text)

    def alone(self, announce: Callable[[], None]) -> None:
        """Say something in one piece, with no line of a process in between."""
        with self._one_at_a_time:
            announce()
