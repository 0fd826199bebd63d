"""Runs that ended in their middle: what they have made, so that it is not taken for good, and is put down for what it is.

Such a run is known by its journal, in its own checkout; everywhere else by the lock that it left behind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from toolbelt import records
from toolbelt.commands.history import keeping, recording
from toolbelt.commands.history.entries import CODE
from toolbelt.commands.history.recording import Journal
from toolbelt.commands.lock.holding import Holder
from toolbelt.heroku import releases
from toolbelt.heroku.releases import Release
from toolbelt.records import Record
from toolbelt.stack.state import Running
from toolbelt.tools import Heroku, Tools

SKEW = timedelta(minutes=2)  # between this clock and Heroku's
RECENT = 20  # releases, among which is what an earlier run made
DELIVERING = ("deploy", "promote")  # verbs that make what may be no good
RELEASING = {"source": "build", "git": "build"}  # the step in which a release comes to be; of other kinds by its name
BUILT = re.compile(r"^(Deploy|Promote)")  # how Heroku tells of what a run makes; the way back, a rollback, is its end
NAMED = re.compile(r"\b([0-9a-f]{7,40})$")  # Heroku tells of which commit a build is: "Deploy 1a2b3c4d"


def journals(tools: Tools, heroku: Heroku, holders: Iterable[Holder], *, app_id: str = "") -> list[Journal]:
    """Of all runs that ended in their middle, as far as can be known here. holders: of locks that are left.

    To be asked with the lock in hand: without it these may as well be under way.
    """
    here = recording.unfinished(tools, heroku, app_id=app_id)
    told = [_told(tools, heroku, held) for held in holders]
    return [*([here] if here else []), *(each for each in told if here is None or not _same(each.process, here.process))]


def _same(one: Running, other: Running) -> bool:
    """A pid alone is no process: containers have the same small ones."""
    return one.pid == other.pid and abs(one.born - other.born) < 2


def _told(tools: Tools, heroku: Heroku, held: Holder) -> Journal:
    """What a lock tells of its run; kind "": nobody knows how far it came."""
    return Journal(
        tools=tools,
        heroku=heroku,
        commit=held.commit,
        kind="",
        before=None,
        before_commit="",
        formation={},
        config=(),
        began=held.since.isoformat(timespec="seconds"),
        process=Running(held.pid, held.born),
        notes={"verb": held.verb},
        over=True,
    )


def made(journal: Journal, found: Sequence[Release], *, known: Collection[int]) -> Release | None:
    """Its release among these, the newest first: the one that it wrote down, or, where it was killed before it could, the
    first since it began that brought code, and not that of another commit. None where it never came as far.

    known: versions that have a record, and so are of a run that did come to its end.
    """
    if journal.version:
        return next((each for each in found if each.version == journal.version), None)
    steps = {step.name for step in journal.steps}
    if journal.kind and not steps & {RELEASING.get(journal.kind, "release"), "promote"}:
        return None
    if not journal.kind and journal.notes.get("verb") not in DELIVERING:
        return None
    # What a lock tells is by Heroku's own clock.
    since = datetime.fromisoformat(journal.began) - (SKEW if journal.kind else timedelta(0))
    for each in reversed(found):
        late = each.version > (journal.before or 0) and (each.created is None or each.created >= since)
        named = NAMED.search(each.description)
        same = not named or journal.commit.startswith(named[1])
        if late and same and BUILT.match(each.description) and each.version not in known:
            return each
    return None


def unproven(left: Iterable[Journal], found: Sequence[Release], *, known: Collection[int]) -> list[Release]:
    """Releases that run code of which nobody has seen whether it is any good: what those runs have made, and what has
    the same code since, with other config vars."""
    bad: list[Release] = []
    for journal in left:
        first = made(journal, found, known=known)
        if first is None:
            continue
        bad.append(first)
        for each in reversed([each for each in found if each.version > first.version]):
            if CODE.match(each.description):
                break
            bad.append(each)
    return bad


def close(earlier: Journal, outcome: str = records.UNPROVEN) -> Record:
    """The record of such a run, so that its release is known for what it is once the journal is gone. Where it was
    killed before it wrote down which one it made, Heroku is asked."""
    if not earlier.version:
        tools, heroku = earlier.tools, earlier.heroku
        found = list(releases.every(heroku.client, heroku.app, limit=RECENT))
        if release := made(earlier, found, known=keeping.kept(tools, heroku)):
            earlier.notes["version"] = release.version
    return earlier.finish(outcome)
