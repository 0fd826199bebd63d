"""The releases of an app as one story: what Heroku tells of each, joined with what this checkout kept of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolbelt import git, records
from toolbelt.commands.history import keeping
from toolbelt.heroku import releases
from toolbelt.heroku.releases import Release
from toolbelt.heroku.slugs import Slug
from toolbelt.records import Record
from toolbelt.tools import Heroku, Tools

# How Heroku describes releases. Of these only the first kinds bring code.
CODE = re.compile(r"^(Deploy|Rollback|Promote)")
CONFIG = re.compile(r"^(set|remove)\b.* config vars$", re.IGNORECASE)
NAME = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]*\b")
WORDS = frozenset({"set", "remove", "and", "config", "vars"})
BACK = re.compile(r"^Rollback to v(\d+)$")
RECENT = 30  # releases that are looked through for what was before


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A release, with all that is known of it. code: it brought other code than the one before it; subject: of the
    commit where it did; size: bytes of its image or slug, and change: how many more than before."""

    release: Release
    record: Record | None
    running: bool
    code: bool
    commit: str
    subject: str
    kind: str
    outcome: str
    size: int | None
    change: int | None

    @property
    def took(self) -> float | None:
        return self.record.took if self.record and self.record.seconds else None

    @property
    def migrations(self) -> tuple[str, ...]:
        return self.record.migrations if self.record else ()


def read(tools: Tools, heroku: Heroku, *, count: int) -> list[Entry]:
    """The newest releases, the newest first."""
    found = list(releases.every(heroku.client, heroku.app, limit=count + 1))
    return join(tools, heroku, found)[:count]


def join(tools: Tools, heroku: Heroku, found: Sequence[Release]) -> list[Entry]:
    """The entries of releases that follow one another, the newest first."""
    kept = _ours(keeping.kept(tools, heroku), found)
    told = keeping.slugs_of(tools, heroku, [each.slug for each in found])
    running = next((each for each in found if each.status == "succeeded"), None)
    entries: list[Entry] = []
    before: Release | None = None
    size: int | None = None
    for release in reversed(found):
        slug = told.get(release.slug)
        entry = _entry(tools, release, before, kept.get(release.version), _origin(release, kept), slug, size)
        entries.append(replace(entry, running=release == running))
        before = release
        if release.status != "failed":
            size = entry.size or (slug.size if slug else None) or size
    return entries[::-1]


def _ours(kept: dict[int, Record], found: Sequence[Release]) -> dict[int, Record]:
    """Records that are of these very releases: an app of the same name may have been made anew."""
    ids = {each.version: each.id for each in found}
    return {
        version: record for version, record in kept.items() if not record.release or ids.get(version) in (None, record.release)
    }


def _origin(release: Release, kept: dict[int, Record]) -> Record | None:
    """The record of the release whose code this one has again."""
    back = BACK.match(release.description)
    return kept.get(int(back[1])) if back else None


def _entry(
    tools: Tools,
    release: Release,
    before: Release | None,
    record: Record | None,
    origin: Record | None,
    slug: Slug | None,
    last: int | None,
) -> Entry:
    source = record or origin
    commit = (source.commit if source else "") or (slug.commit if slug else "")
    code = record is not None or (
        bool(CODE.match(release.description)) if not release.slug else before is None or release.slug != before.slug
    )
    size = source.size if source and source.size is not None else slug.size if slug else None
    change = record.change if record and record.change is not None else size - last if code and size and last else None
    return Entry(
        release=release,
        record=record,
        running=False,
        code=code,
        commit=commit,
        subject=(source.subject if source else "") or (git.subject(tools.config.root, commit) if code else ""),
        kind=record.kind if record else "",
        outcome=_outcome(release, record),
        size=size if code else None,
        change=change,
    )


def _outcome(release: Release, record: Record | None) -> str:
    """What came of it: what this checkout saw, unless Heroku knows worse. That one has expired says nothing of it."""
    if release.status == "succeeded" or (release.status == "expired" and record):
        return record.outcome if record else records.RELEASED
    return release.status


def complete(tools: Tools, heroku: Heroku, record: Record) -> Record:
    """A fresh record with what Heroku knows: its id and maker, sizes, and which config vars are not as they were."""
    found = [each for each in releases.every(heroku.client, heroku.app, limit=RECENT) if each.version <= record.version]
    made = next((each for each in found if each.version == record.version), None)
    if made is None:
        return record
    older = [each for each in found if each.version < record.version]
    kept = _ours(keeping.kept(tools, heroku), found)
    before = next((each for each in older if each.status == "succeeded"), None)
    told = keeping.slugs_of(tools, heroku, [made.slug, before.slug if before else ""])
    fresh = told.get(made.slug)
    record = replace(
        record,
        release=made.id,
        who=record.who or made.user,
        size=record.size if record.size is not None else fresh.size if fresh else None,
        config=_changed(older, record, kept),
    )
    last = _last(kept, record.version)
    was = told.get(before.slug) if before else None
    return record.compared(was.size if was else last.size if last else None)


def _last(kept: dict[int, Record], version: int) -> Record | None:
    """The last release of this checkout's before that one which ran."""
    ran = [each for each in kept.values() if each.version < version and each.outcome != records.FAILED]
    return max(ran, key=lambda each: each.version, default=None)


def _changed(older: Sequence[Release], record: Record, kept: dict[int, Record]) -> tuple[str, ...]:
    """Names of config vars that were set or removed since code was released last. Their values are nobody's business."""
    names: set[str] = set()
    for release in older:
        if CODE.match(release.description) and release.status == "succeeded":
            break
        if CONFIG.match(release.description):
            names |= set(NAME.findall(release.description)) - WORDS - {"Set", "Remove"}
    last = _last(kept, record.version)
    if last is not None and last.names and record.names:
        names |= set(last.names) ^ set(record.names)
    return tuple(sorted(names))
