"""One line of the report: something that was seen, against what Heroku allows of it."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.report import limits
from toolbelt.report.telling import seconds

OK, WARN, OVER, UNSEEN = "ok", "warn", "over", "unseen"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One line of the report. share: of the limit, None where Heroku sets none or nothing was seen."""

    key: str
    name: str
    value: str
    limit: str
    level: str
    note: str = ""
    share: float | None = None


def judged(share: float, close: float) -> str:
    return OVER if share >= 1 else WARN if share >= close else OK


def timed(key: str, name: str, value: float, limit: float, note: str = "") -> Measure:
    share = value / limit
    level = judged(share, limits.CLOSE_TIME)
    return Measure(
        key=key, name=name, value=seconds(value), limit=seconds(limit), level=level, note=note, share=share
    )  # fmt: skip


def unseen(key: str, name: str, why: str, limit: str = "") -> Measure:
    return Measure(key=key, name=name, value="not seen", limit=limit, level=UNSEEN, note=why)
