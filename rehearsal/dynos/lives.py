"""What was measured of dynos: one entry for each life, which is a process from its launch to its end. In memory only."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rehearsal.dynos.writes import Writes

if TYPE_CHECKING:
    from rehearsal.dynos.contract import Instance

KEPT = 500  # lives of an app
SAMPLES = 240  # of memory, of a life; then every second one goes
MB = 1 << 20


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(kw_only=True)
class Life:
    """One life. Seconds count from ``began``; megabytes are 1024 * 1024 bytes; instance: while it runs."""

    dyno_id: str
    dyno: str
    type: str
    release: int
    size: str
    quota: int
    instance: Instance | None = None
    state: str = "starting"
    launched_at: str = field(default_factory=stamp)
    ended_at: str | None = None
    began: float = field(default_factory=time.monotonic)
    over: float | None = None
    boot: float | None = None
    told: float | None = None
    exit: float | None = None
    status: int | None = None
    peak: float | None = None
    memory: list[tuple[float, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: int = 0
    first_ms: int | None = None
    writes: Writes | None = None
    _step: int = 1
    _skipped: int = 0

    def weigh(self, used: int) -> float:
        """A sample of its memory in bytes; returns megabytes."""
        megabytes = used / MB
        self.peak = max(self.peak or 0, megabytes)
        self._skipped += 1
        if self._skipped >= self._step:
            self._skipped = 0
            self.memory.append((round(time.monotonic() - self.began, 2), round(megabytes, 1)))
        if len(self.memory) > SAMPLES:
            self.memory, self._step = self.memory[::2], self._step * 2
        return megabytes

    def bound(self) -> None:
        """Its $PORT is bound."""
        self.boot = time.monotonic() - self.began

    def tell(self) -> None:
        """It got SIGTERM."""
        if self.told is None:
            self.told = time.monotonic()

    def error(self, code: str) -> bool:
        """Note an R code; whether it is the first of its kind."""
        if code in self.errors:
            return False
        self.errors.append(code)
        return True

    def end(self, status: int) -> None:
        """All its processes have ended."""
        self.status = status
        self.over = time.monotonic()
        self.ended_at = stamp()
        if self.told is not None:
            self.exit = time.monotonic() - self.told
            self.state = self.state if self.state in ("idle", "complete") else "down"

    @property
    def seconds(self) -> float:
        """How long it lasted, or has lasted so far."""
        return (self.over or time.monotonic()) - self.began

    def shape(self, writes: Writes | None) -> dict[str, Any]:
        """As JSON; see rehearsal/api/control.py."""
        return {
            "id": self.dyno_id,
            "dyno": self.dyno,
            "type": self.type,
            "release": self.release,
            "size": self.size,
            "state": self.state,
            "launched_at": self.launched_at,
            "ended_at": self.ended_at,
            "memory_quota_mb": self.quota,
            "memory_peak_mb": _rounded(self.peak, 1),
            "memory": self.memory,
            "boot_seconds": _rounded(self.boot, 2),
            "exit_seconds": _rounded(self.exit, 2),
            "exit_status": self.status,
            "errors": self.errors,
            "requests": self.requests,
            "first_ms": self.first_ms,
            "disk_writes": None if writes is None else {
                "count": writes.count,
                "files": [{"path": each.path, "size": each.size} for each in writes.files],
                "whole": writes.whole,
            },
        }  # fmt: skip


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


class Lives:
    """The lives of all apps' dynos."""

    def __init__(self) -> None:
        self._apps: dict[str, deque[Life]] = {}

    def begin(self, app_id: str, life: Life) -> Life:
        self._apps.setdefault(app_id, deque(maxlen=KEPT)).append(life)
        return life

    def of(self, app_id: str) -> Iterator[Life]:
        """Oldest first."""
        yield from self._apps.get(app_id, ())

    def forget(self, app_id: str) -> None:
        self._apps.pop(app_id, None)
