"""Whether what runs on an app has proved itself there, as far as anybody knows: its lock, its records, its own site."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from toolbelt import records
from toolbelt.commands.history import keeping, leftovers, recording
from toolbelt.commands.history.entries import CODE
from toolbelt.commands.lock import locking
from toolbelt.commands.promotion.pinning import HISTORY, Origin
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import dynos, releases, running, site
from toolbelt.heroku.apps import App
from toolbelt.heroku.refusals import Refused
from toolbelt.heroku.releases import Release
from toolbelt.output import ago
from toolbelt.records import Record
from toolbelt.tools import Heroku, Tools


def proven(tools: Tools, origin: Origin) -> None:
    """Raises UsageError where this release is known not to have proved itself, or not yet."""
    heroku, release = origin.heroku, origin.release
    again = f"./inv deploy{heroku.stage.flag}"
    held = None
    with suppress(Refused):  # an account that may not see webhooks sees no lock
        if (held := locking.holder(heroku)) is not None and not held.gone():
            raise UsageError(
                f"{origin.app.name} is being changed: {held.told}, begun {ago(held.since)}",
                finding=f"{held.whereabouts}\nUntil it ends it is not known whether {release.name} is any good.",
                todo="Wait for it, then type the same again",
            )
    record = _record(tools, heroku)
    if record is None:
        tools.printer.warn(f"whether {origin.name} has proved itself there is not known here: another checkout has deployed it")
    if record is not None and record.outcome in (records.FAILED, records.ROLLED_BACK):
        raise UsageError(
            f"What {origin.name} runs has not proved itself there: {record.name} {record.outcome}",
            finding=f"It was deployed from this checkout at {record.began}.",
            todo=f"Mend it, {again}, and promote when it is verified",
        )
    left = leftovers.journals(tools, heroku, [held] if held else [], app_id=origin.app.id)
    found = list(releases.every(heroku.client, heroku.app, limit=HISTORY)) if left else []
    for earlier in left:
        bad = leftovers.unproven([earlier], found, known=keeping.kept(tools, heroku))
        if release.version in {each.version for each in bad}:
            raise UsageError(
                f"{origin.name} was never verified: the run that made it, begun at {earlier.began}, ended in its middle",
                todo=f"{again} carries on; promote when it is verified",
            )


def _record(tools: Tools, heroku: Heroku) -> Record | None:
    """What this checkout knows of the release that brought the code, which config changes may have followed."""
    kept = keeping.kept(tools, heroku)
    for release in releases.every(heroku.client, heroku.app, limit=HISTORY):
        record = kept.get(release.version)
        if record is not None and record.release in ("", release.id):
            return record
        if CODE.match(release.description):
            return None
    return None


def confirm(tools: Tools, origin: Origin, *, wanted: str = "") -> str:
    """The commit that is promoted, asked of the source's own site where nothing else tells it.

    Raises DeployFailed where the site answers with another commit than that of its release, or than the one wanted.
    """
    client, app = origin.heroku.client, origin.app
    answer = site.ask(client, app.web_url) if app.web_url and not app.maintenance else site.Answer(0)
    told = answer.commit if answer.status == 200 and answer.commit not in site.UNKNOWN else ""
    if told and origin.commit and told != origin.commit:
        raise DeployFailed(
            f"The site of {app.name} answers with commit {told[:12]}, and {origin.release.name} is {origin.commit[:12]}",
            finding="Its new dynos may not be up yet, or the release is not what it says that it is. Nothing was released.",
            todo=f"./inv ps{origin.heroku.stage.flag}; promote when the site answers with its commit",
        )
    if not told:
        tools.printer.warn(f"the site of {app.name} does not tell its commit ({answer.said}): nobody has seen it answer just now")
    commit = origin.commit or told
    if not wanted or (commit and commit.startswith(wanted)):
        return commit
    raise DeployFailed(
        f"{origin.name} is of commit {commit[:12] or 'nobody knows which'}, and {wanted[:12]} is to be promoted",
        finding="Something else was deployed there since. Nothing was released.",
        todo=f"./inv releases{origin.heroku.stage.flag} tells what and when; promote what runs there without --commit",
    )


def runs(tools: Tools, heroku: Heroku, app: App, origin: Origin) -> Release | None:
    """The app's release where it runs the very same already, and has proved itself, or is well to look at; else None."""
    history = list(releases.every(heroku.client, app.name, limit=HISTORY))
    if not history or history[0].status != "succeeded" or not _same(heroku, app, origin, history):
        return None
    record = _record(tools, heroku)
    if recording.unfinished(tools, heroku, app_id=app.id) or (record is not None and record.outcome in records.BAD):
        return None
    proved = record is not None and record.outcome == records.VERIFIED
    return history[0] if proved or _well(heroku, app, origin.commit) else None


def _well(heroku: Heroku, app: App, commit: str) -> bool:
    """What another machine has released, and may have left broken: its dynos are up, and its site tells the commit."""
    found = dynos.every(heroku.client, app.name)
    if any(each.state == "crashed" for each in found) or app.maintenance or not app.web_url:
        return False
    answer = site.ask(heroku.client, app.web_url)
    return answer.status == 200 and answer.commit in (commit, *site.UNKNOWN)


def _same(heroku: Heroku, app: App, origin: Origin, history: Sequence[Release]) -> bool:
    if origin.slug or history[0].slug:
        return origin.slug == history[0].slug
    there = running.images(heroku.client, app.name, history)
    same = {image.process_type for image in origin.images if running.same(image.digest, there.get(image.process_type, ""))}
    return same == set(there) == set(origin.processes)
