"""What a deploy is to bring about, and what the app is now: all that its plan is made from."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from toolbelt import manifest, procfile, records
from toolbelt.artifacts import tarball
from toolbelt.commands.history import commits, keeping, leftovers
from toolbelt.commands.history.recording import Journal
from toolbelt.commands.lock import locking
from toolbelt.commands.lock.holding import Holder
from toolbelt.commands.release import migrated
from toolbelt.commands.release.delivery import unscaled
from toolbelt.errors import UsageError
from toolbelt.git import Head
from toolbelt.heroku import addons, apps, builds, features, formation, releases
from toolbelt.heroku.apps import App
from toolbelt.heroku.refusals import NotFound, Refused
from toolbelt.heroku.releases import Release
from toolbelt.migrations import SAFE, Migration
from toolbelt.plan import IMAGE, SOURCE, Observed, Wanted
from toolbelt.stages import Stage
from toolbelt.tools import Heroku, Tools

RECENT = 20  # releases, among which is the one that runs


def app_of(heroku: Heroku) -> App:
    """The stage's app; NotFound with the verb that makes it where there is none."""
    try:
        found = apps.info(heroku.client, heroku.app)
    except NotFound as error:
        raise NotFound(
            f"There is no app {heroku.app} for this account",
            finding=error.finding,
            todo=f"./inv apps.create{heroku.stage.flag}",
            status_code=error.status_code,
            id=error.id,
        ) from None
    apps.refuse_fir(found)
    return found


def want(
    tools: Tools,
    stage: Stage,
    head: Head,
    *,
    kind: str,
    asked: bool,
    dirty: bool = False,
    force: bool = False,
    include: Sequence[str] = (),
    verify: bool = True,
) -> Wanted:
    """What this checkout asks for on a stage."""
    if include and kind != SOURCE:
        raise UsageError("--include adds files to an archive of source", todo="./inv deploy --build source --include …")
    tarball.included(tools.config.root, include)
    # An image is built from what lies here, source and git take the commit alone.
    suffix = "-dirty" if kind == IMAGE and head.changes and dirty else ""
    root = tools.config.root
    return Wanted(
        commit=head.commit + suffix,
        subject=head.subject,
        processes=procfile.load(root / "Procfile"),
        formation=manifest.of(root, stage.name, stage.differences).formation,
        kind=kind if asked else "",
        force=force,
        include=tuple(include),
        verify=verify,
    )


def observe(tools: Tools, heroku: Heroku, app: App, wanted: Wanted, kind: str) -> Observed:
    """The app as it is now."""
    client = heroku.client
    found = list(releases.every(client, app.name, limit=RECENT))
    current = next((each for each in found if each.status == "succeeded"), None)
    on = features.every(client, app.name)
    holders = _holders(heroku)
    left = leftovers.journals(tools, heroku, holders, app_id=app.id)
    good = last_good(tools, heroku, found, left)
    commit = commits.of(tools, heroku, app, good, found, left)
    fresh = migrated.between(tools, commit, wanted.commit)
    return Observed(
        app=app,
        newest=found[0] if found else None,
        current=current,
        rows=formation.every(client, app.name),
        features=features.missing(on) if kind != IMAGE else (),
        build=builds.unfinished(client, app.name, wanted.commit) if kind == SOURCE else None,
        unscaled=unscaled(tools, app),
        busy=holders[0].key if holders and not holders[0].gone() else "",
        good=good,
        good_commit=commit,
        preboot=on.get("preboot", False),
        migrations=fresh,
        backup=_worth_a_backup(fresh, current) and _has_postgres(heroku, app),
    )


def last_good(tools: Tools, heroku: Heroku, found: Sequence[Release], left: Sequence[Journal]) -> Release | None:
    """The release to go back to: the newest that ran, that nothing bad is known of, and that can be had again.

    found: releases, the newest first; left: runs that ended in their middle, and so never said whether their release is
    any good.
    """
    kept = keeping.kept(tools, heroku)
    unproven = leftovers.unproven(left, found, known=kept)
    for release in found:
        record = kept.get(release.version)
        bad = record is not None and record.outcome in records.BAD
        ours = record is None or not record.release or record.release == release.id
        if release.status == "succeeded" and release.eligible and release not in unproven and not (bad and ours):
            return release
    return None


def _holders(heroku: Heroku) -> list[Holder]:
    """Of the lock, which is not ours yet: its run is under way, or has ended in its middle."""
    with suppress(Refused):  # an account that may not see webhooks sees no lock
        held = locking.holder(heroku)
        return [held] if held is not None else []
    return []


def _worth_a_backup(fresh: Sequence[Migration] | None, current: Release | None) -> bool:
    if fresh is None:  # not known, and so not safe; a first release has nothing to lose
        return current is not None
    return any(each.verdict != SAFE for each in fresh)


def _has_postgres(heroku: Heroku, app: App) -> bool:
    return any(each.service == "heroku-postgresql" for each in addons.every(heroku.client, app.name))
