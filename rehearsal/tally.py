"""What the router counted, by app and release. In memory only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

CLIENT_GONE = 499


@dataclass(kw_only=True)
class Count:
    """Requests that were meant for one release. first_ms: the slowest of its dynos' first ones; waited: for a dyno to start.

    gap: seconds for which nobody answered before it did; None if it took nobody's place.
    """

    release: int
    total: int = 0
    failed: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    first_ms: int | None = None
    waited: int = 0
    waited_ms: int = 0
    gap: float | None = None

    def shape(self) -> dict[str, Any]:
        """As JSON; see rehearsal/api/control.py."""
        return {
            "release": self.release,
            "total": self.total,
            "5xx": self.failed,
            "codes": dict(sorted(self.codes.items())),
            "first_ms": self.first_ms,
            "waited": self.waited,
            "waited_ms": self.waited_ms,
            "gap_seconds": None if self.gap is None else round(self.gap, 2),
        }


class Tally:
    """The counts of all apps."""

    def __init__(self) -> None:
        self._apps: dict[str, dict[int, Count]] = {}

    def count(self, app_id: str, release: int) -> Count:
        """What is counted for a release."""
        return self._apps.setdefault(app_id, {}).setdefault(release, Count(release=release))

    def add(self, count: Count, *, status: int, code: str) -> None:
        """A request was answered, by the dyno or with a code of ours; status 499: its client went away."""
        count.total += 1
        count.failed += 500 <= status < 600
        if code:
            count.codes[code] += 1

    def gap(self, app_id: str, release: int, seconds: float) -> None:
        """The longest time for which nobody answered."""
        count = self.count(app_id, release)
        count.gap = max(count.gap or 0.0, seconds)

    def of(self, app_id: str) -> list[Count]:
        """By release, oldest first."""
        return [count for _, count in sorted(self._apps.get(app_id, {}).items())]
