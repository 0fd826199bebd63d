"""A finding: what is so, why that matters, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "ok"]


@dataclass(frozen=True)
class Finding:
    """level: an error stops a deploy, a warning does not; topic: a word; what: one line; cause: why that matters, or
    where it comes from; fix: the next command or action."""

    level: Level
    topic: str
    what: str
    cause: str = ""
    fix: str = ""


def ok(topic: str, what: str) -> Finding:
    return Finding("ok", topic, what)


def warning(topic: str, what: str, cause: str = "", fix: str = "") -> Finding:
    return Finding("warning", topic, what, cause, fix)


def error(topic: str, what: str, cause: str = "", fix: str = "") -> Finding:
    return Finding("error", topic, what, cause, fix)


def some(names: Sequence[str], most: int = 4) -> str:
    """The first few of many, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
