"""Which commit a release runs: asked in one place, of whoever knows it best, and nobody twice."""

from __future__ import annotations

from collections.abc import Sequence

from toolbelt import records
from toolbelt.commands.history import keeping
from toolbelt.commands.history.entries import BACK, CODE
from toolbelt.commands.history.recording import Journal
from toolbelt.heroku import site
from toolbelt.heroku.apps import App
from toolbelt.heroku.releases import Release
from toolbelt.records import Record
from toolbelt.tools import Heroku, Tools

SOON = 5.0  # seconds for the site to tell its commit: it may be asleep


def of(
    tools: Tools, heroku: Heroku, app: App, release: Release | None, found: Sequence[Release], left: Sequence[Journal] = ()
) -> str:
    """The commit that a release is made of; "" where nobody knows.

    found: the newest releases, the newest first; left: runs that ended in their middle. In this order:

    1. the journal of such a run, which wrote down what it found running: it costs nothing;
    2. the record of the very release, or of the one whose code it has again: kept in this checkout, by Heroku's own id;
    3. its slug, which Heroku never changes: one call in the life of this checkout. Images have none;
    4. the site itself, for an image that somebody else released: last, as it may be asleep, or not be this release.
    """
    if release is None:
        return ""
    for earlier in left:
        if earlier.before == release.version and earlier.before_commit:
            return earlier.before_commit
    if commit := _written(tools, heroku, release, found):
        return commit
    current = next((each for each in found if each.status == "succeeded"), None)
    if release != current or not app.web_url or app.maintenance:
        return ""
    answer = site.ask(heroku.client, app.web_url, seconds=SOON)
    return answer.commit if answer.status == 200 and answer.commit not in site.UNKNOWN else ""


def _written(tools: Tools, heroku: Heroku, release: Release, found: Sequence[Release]) -> str:
    """What is written down of the release that brought the code which this one runs."""
    kept = keeping.kept(tools, heroku)
    by_version = {each.version: each for each in found}
    at: Release | None = release
    while at is not None:
        record = kept.get(at.version)
        if record is not None and _is_of(record, at) and record.commit:
            return record.commit
        if at.slug:
            slug = keeping.slugs_of(tools, heroku, [at.slug]).get(at.slug)
            return slug.commit if slug is not None else ""
        back = BACK.match(at.description)
        if back and at.status != "expired":  # of one that has expired Heroku no longer tells whether it had failed
            at = by_version.get(int(back[1])) if int(back[1]) < at.version else None
        elif CODE.match(at.description):
            return ""
        else:  # it changed config vars, and has the code of the one before it
            at = next((each for each in found if each.version < at.version and not _failed(each, kept)), None)
    return ""


def _failed(release: Release, kept: dict[int, Record]) -> bool:
    record = kept.get(release.version)
    told = record is not None and _is_of(record, release) and record.outcome == records.FAILED
    return release.status in ("failed", "pending") or (release.status == "expired" and told)


def _is_of(record: Record, release: Release) -> bool:
    """An app of the same name may have been made anew."""
    return record.release in ("", release.id)
