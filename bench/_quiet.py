"""Waiting for a quiet machine: on a busy one every figure is about its other users."""

from __future__ import annotations

import threading
import time
from pathlib import Path

STAT = Path("/proc/stat")


def _busy_share(seconds: float) -> float:
    """The share of all processors' time that was not idle (proc(5), /proc/stat); 0 where there is no /proc."""
    if not STAT.exists():
        return 0.0

    def read() -> tuple[int, int]:
        fields = [int(field) for field in STAT.read_text().splitlines()[0].split()[1:]]
        return sum(fields), fields[3] + fields[4]

    total, idle = read()
    threading.Event().wait(seconds)
    later, later_idle = read()
    return 1 - (later_idle - idle) / max(later - total, 1)


def wait(*, below: float = 0.1, patience: float = 15) -> bool:
    """Wait until less than that share of the machine is busy for a second; False if it never was."""
    deadline = time.monotonic() + patience
    while _busy_share(1) > below:
        if time.monotonic() > deadline:
            return False
    return True
