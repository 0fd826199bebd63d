"""What is kept of a release: who made it of which commit, how, how long it took, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

VERIFIED = "verified"  # it answers with its commit, and its gate was passed
RELEASED = "released"  # it is there, and nobody asked for a proof
ROLLED_BACK = "rolled back"  # it was there, and was taken back
FAILED = "failed"  # it never ran, or does not do what it should
UNPROVEN = "unproven"  # the run that made it ended in its middle
BAD = frozenset({ROLLED_BACK, FAILED, UNPROVEN})  # none to go back to


@dataclass(frozen=True, kw_only=True)
class Record:
    """A release as the run that made it knows it; version 0 where none came of it.

    kind: image, source, git, promotion or rollback; digest: of the web image's config; migrations: those that it applied;
    config: names of config vars that are not as they were at the last deploy (never values); names: all that there are;
    size and change: bytes of the image or slug, and how many more than before it; seconds: by step, in their order;
    previous: the version that ran before; began: UTC; release: Heroku's id of it; job: the page of the CI run; origin: the
    release that was promoted; backup: the one that was taken before it; gap: seconds in which the site did not answer.
    """

    app: str
    version: int
    commit: str
    subject: str = ""
    kind: str = ""
    who: str = ""
    digest: str = ""
    migrations: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    size: int | None = None
    change: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    outcome: str = RELEASED
    previous: int | None = None
    began: str = ""
    release: str = ""
    job: str = ""
    origin: str = ""
    backup: str = ""
    gap: float | None = None

    @property
    def name(self) -> str:
        return f"v{self.version}"

    @property
    def took(self) -> float:
        """All its seconds."""
        return sum(self.seconds.values())

    def compared(self, before: int | None) -> Record:
        """With the change of size against what was there before."""
        known = self.size is not None and before is not None
        return replace(self, change=self.size - before if known else None)  # type: ignore[operator]


def dump(record: Record) -> str:
    return json.dumps(asdict(record), indent=2) + "\n"


def load(text: str) -> Record | None:
    """The record in a file, or None where it is none; members that a later version has added are left out."""
    try:
        found: Any = json.loads(text)
        known = {each.name for each in fields(Record)}
        values = {name: _tuple(value) for name, value in found.items() if name in known}
        return Record(**values)
    except (ValueError, TypeError, AttributeError):
        return None


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
