"""What the requests of the light load add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolbelt.report.facts import Request


@dataclass(frozen=True, kw_only=True)
class Count:
    """gap: the longest time in which no request was answered well, 0 if none was lost."""

    total: int
    lost: int
    gap: float
    median: float
    slowest: float


def count(requests: Sequence[Request]) -> Count:
    found = sorted(requests, key=lambda request: request.at)
    good = sorted(request.seconds for request in found if not request.lost)
    return Count(
        total=len(found),
        lost=sum(request.lost for request in found),
        gap=max((end - begin for begin, end in gaps(found)), default=0.0),
        median=good[len(good) // 2] if good else 0.0,
        slowest=max(good, default=0.0),
    )


def gaps(requests: Sequence[Request]) -> list[tuple[float, float]]:
    """Stretches in which requests were lost: from the last good one before to the first good one after."""
    found: list[tuple[float, float]] = []
    last: float | None = None
    begin: float | None = None
    for request in sorted(requests, key=lambda each: each.at):
        if request.lost:
            begin = begin if begin is not None else request.at if last is None else last
        else:
            if begin is not None:
                found.append((begin, request.at))
            begin, last = None, request.at
    if begin is not None:
        found.append((begin, max(request.at for request in requests)))
    return found
