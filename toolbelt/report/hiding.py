"""Takes secrets out of what is to be told: a report is sent around."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")

HIDDEN = "[REDACTED]"
SHORTEST = 6  # characters: shorter values ("1", "true", "web") are words that stand everywhere
# postgres://user:password@host and its like, whoever wrote it.
CREDENTIALS = re.compile(r"(?<=://)[^/\s@:]*:[^/\s@]+(?=@)")


class Hider:
    """Knows the values that must not be told."""

    def __init__(self, secrets: Iterable[str]) -> None:
        long = sorted({value for value in secrets if len(value) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, long))) if long else None

    def text(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return CREDENTIALS.sub(HIDDEN, text)

    def facts(self, found: T) -> T:
        """The same facts, with every text in them looked through, however deep it is."""
        return self._through(found)  # type: ignore[no-any-return]

    def _through(self, found: Any) -> Any:
        if isinstance(found, str):
            return self.text(found)
        if isinstance(found, tuple):
            return tuple(self._through(each) for each in found)
        if is_dataclass(found) and not isinstance(found, type):
            return replace(found, **{field.name: self._through(getattr(found, field.name)) for field in fields(found)})
        return found
