"""Verbs on releases: list, info, output; rollback is in a room of its own."""

from __future__ import annotations

import json
from dataclasses import asdict

from toolbelt.commands.history import entries as history
from toolbelt.commands.history import picking
from toolbelt.commands.history import table as release_table
from toolbelt.commands.history.entries import Entry
from toolbelt.commands.release.rollback import rollback
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import releases, streams
from toolbelt.tools import Heroku, Tools

__all__ = ["info", "list_", "output", "rollback"]

AROUND = 100  # releases among which one is looked for, to be told with what was before it


def list_(tools: Tools, *, stage: str, count: int, as_json: bool) -> None:
    """The newest releases, each with what came of it; the one that runs is marked."""
    heroku = tools.heroku(stage)
    entries = history.read(tools, heroku, count=count)
    if as_json:
        tools.printer.data(json.dumps([_data(each) for each in entries], indent=2))
        return
    tools.printer.lines(release_table.lines(entries, width=tools.printer.width))


def info(tools: Tools, *, which: str, stage: str, as_json: bool) -> None:
    """All that is known of one release, the newest if none is named, and the seconds of its steps."""
    heroku = tools.heroku(stage)
    entry = _entry(tools, heroku, which)
    if as_json:
        tools.printer.data(json.dumps(_data(entry), indent=2))
        return
    tools.printer.facts(release_table.facts(entry))
    if entry.record and entry.record.seconds:
        tools.printer.say()
        tools.printer.lines(release_table.bars(entry.record))


def output(tools: Tools, *, which: str, stage: str) -> None:
    """What the release phase of a release says, followed to its end; exit status 1 if it failed."""
    heroku = tools.heroku(stage)
    found = picking.named(heroku, which)
    if not found.output_url:
        tools.printer.say(f"{found.name} had no release phase.")
        return

    def ended() -> bool:
        return releases.info(heroku.client, heroku.app, found.id).status != "pending"

    for piece in streams.follow(heroku.client, found.output_url, finished=ended):
        tools.printer.raw(piece)
    if releases.info(heroku.client, heroku.app, found.id).status == "failed":
        raise DeployFailed(f"The release phase of {found.name} failed")


def _entry(tools: Tools, heroku: Heroku, which: str) -> Entry:
    """A release among those around it: what it is compared with comes before it, what runs may come after."""
    if not which:
        newest = history.read(tools, heroku, count=1)
        if not newest:
            raise UsageError(f"{heroku.app} has no release yet", todo=f"./inv deploy{heroku.stage.flag}")
        return newest[0]
    wanted = picking.named(heroku, which)
    around = history.read(tools, heroku, count=AROUND)
    found = next((each for each in around if each.release.version == wanted.version), None)
    return found or history.join(tools, heroku, [wanted])[0]


def _data(entry: Entry) -> dict[str, object]:
    release, record = entry.release, entry.record
    return {
        "version": release.version,
        "status": release.status,
        "description": release.description,
        "user": release.user,
        "created_at": release.created.isoformat() if release.created else None,
        "eligible_for_rollback": release.eligible,
        "id": release.id,
        "running": entry.running,
        "outcome": entry.outcome,
        "code": entry.code,
        "commit": entry.commit or None,
        "subject": entry.subject or None,
        "size": entry.size,
        "change": entry.change,
        "record": asdict(record) if record else None,
    }
