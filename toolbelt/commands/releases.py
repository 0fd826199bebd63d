"""Verbs on releases: list, info, output, rollback."""

from __future__ import annotations

import json
import re

from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import releases, streams
from toolbelt.heroku.releases import Release
from toolbelt.output import ago
from toolbelt.tools import Heroku, Tools

VERSION = re.compile(r"^v?(\d+)$")


def list_(tools: Tools, *, stage: str, count: int, as_json: bool) -> None:
    """The newest releases; the one that runs is marked."""
    heroku = tools.heroku(stage)
    found = list(releases.every(heroku.client, heroku.app, limit=count))
    if as_json:
        tools.printer.data(json.dumps([_data(each) for each in found], indent=2))
        return
    running = next((each for each in found if each.status == "succeeded"), None)
    rows = [
        ("*" if each == running else "", each.name, each.status, each.description, each.user, ago(each.created)) for each in found
    ]
    tools.printer.table(("", "release", "status", "what", "who", "when"), rows)


def info(tools: Tools, *, which: str, stage: str, as_json: bool) -> None:
    """One release, the newest if none is named."""
    heroku = tools.heroku(stage)
    found = _one(heroku, which)
    if as_json:
        tools.printer.data(json.dumps(_data(found), indent=2))
        return
    facts = [("release", found.name), ("status", found.status), ("what", found.description), ("who", found.user)]
    facts += [("when", f"{found.created:%Y-%m-%d %H:%M:%S} UTC" if found.created else "")]
    facts += [("rollback", "possible" if found.eligible else "not possible")]
    tools.printer.facts(facts)


def output(tools: Tools, *, which: str, stage: str) -> None:
    """What the release phase of a release says, followed to its end; exit status 1 if it failed."""
    heroku = tools.heroku(stage)
    found = _one(heroku, which)
    if not found.output_url:
        tools.printer.say(f"{found.name} had no release phase.")
        return

    def ended() -> bool:
        return releases.info(heroku.client, heroku.app, found.id).status != "pending"

    for piece in streams.follow(heroku.client, found.output_url, finished=ended):
        tools.printer.raw(piece)
    if releases.info(heroku.client, heroku.app, found.id).status == "failed":
        raise DeployFailed(f"The release phase of {found.name} failed")


def rollback(tools: Tools, *, which: str, stage: str) -> None:
    """A new release of old code and config vars: those of vN, else of the one before the one that runs."""
    heroku = tools.heroku(stage)
    client, app = heroku.client, heroku.app
    newest = releases.newest(client, app)
    if newest is None:
        raise UsageError(f"{app} has no release yet")
    to = _one(heroku, which) if which else _before(heroku)
    if not to.eligible or to.status in ("expired", "failed"):
        raise UsageError(f"{to.name} is not one to go back to: it is {to.status}", todo=f"./inv releases{heroku.stage.flag}")
    made = releases.rollback(client, app, to, before=newest)

    def ended() -> bool:
        return releases.info(client, app, made.id).status != "pending"

    if made.output_url:
        for piece in streams.follow(client, made.output_url, finished=ended):
            tools.printer.raw(piece)
    while (done := releases.info(client, app, made.id)).status == "pending":
        client.sleep(1)
    if done.status == "failed":
        raise DeployFailed(
            f"The release phase of {done.name} failed: what ran before keeps running",
            todo=f"./inv releases.output {done.name}{heroku.stage.flag}",
        )
    tools.printer.step("rollback", f"{done.name} has the code and the config vars of {to.name}; the database is as it is")


def _before(heroku: Heroku) -> Release:
    """The release to go back to: the newest that succeeded before the one that runs."""
    good = [each for each in releases.every(heroku.client, heroku.app, limit=50) if each.status == "succeeded"]
    if len(good) < 2:
        raise UsageError("There is no earlier release to go back to", todo=f"./inv releases{heroku.stage.flag}")
    return good[1]


def _one(heroku: Heroku, which: str) -> Release:
    if not which:
        found = releases.newest(heroku.client, heroku.app)
        if found is None:
            raise UsageError(f"{heroku.app} has no release yet", todo=f"./inv deploy{heroku.stage.flag}")
        return found
    version = VERSION.match(which)
    if version is None:
        raise UsageError(f"{which!r} is not a release", todo="A release is named v42, or 42")
    return releases.info(heroku.client, heroku.app, version[1])


def _data(release: Release) -> dict[str, object]:
    return {
        "version": release.version,
        "status": release.status,
        "description": release.description,
        "user": release.user,
        "created_at": release.created.isoformat() if release.created else None,
        "eligible_for_rollback": release.eligible,
        "id": release.id,
    }
