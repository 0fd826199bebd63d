"""db.restore: a backup of an app's own back into its database, or a file into the stack's."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.commands.data import dumps, fitting, moving, replacing
from toolbelt.commands.endings import like_ctrl_c
from toolbelt.commands.release import backups
from toolbelt.data import archive, asking, copying, room
from toolbelt.data.archive import Archive
from toolbelt.data.copying import CopyFailed
from toolbelt.data.database import Database
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import data
from toolbelt.heroku.data import Transfer
from toolbelt.output import ago
from toolbelt.tools import Heroku, Tools


@like_ctrl_c()
def restore(tools: Tools, *, what: str, stage: str, yes: bool, confirm: str, raw: bool = False) -> None:
    """A backup of the app's own (b004) back into its database; without a stage, a file into the stack's, scrubbed.

    raw: of a file, as it is.
    """
    if not stage:
        _here(tools, tools.config.file(what), yes=yes, raw=raw, confirm=confirm)
        return
    if raw:
        raise UsageError("--raw is of a file: at an app nothing is scrubbed", todo=f"./inv db.restore {what} --stage {stage}")
    heroku = tools.heroku(stage)
    found = dumps.one(heroku, what)
    dumps.postgres(heroku)
    told = f"This replaces all data of {heroku.app} by {found.name}, taken {ago(found.created)}"
    confirmed(tools, heroku.app, what=told, given=confirm, verb=f"db.restore {found.name}{heroku.stage.flag}")
    try:
        if heroku.stage.protected:
            dumps.first(tools, heroku)
    except Interrupted as error:
        error.finding = f"{error.finding} {heroku.app} has its data as it was."
        raise
    began = time.monotonic()
    done = _wait(tools, heroku, found, _begun(heroku, found))
    if not done.succeeded:
        lines = data.transfer(data.door(heroku.stage, heroku.token), heroku.app, done.number, verbose=True).log
        said = f"What was in the database of {heroku.app} is gone; half of {found.name} may be in it."
        again = f"./inv db.restore {found.name}{heroku.stage.flag} does it again"
        raise ToolbeltError(f"The restore of {found.name} failed", finding="\n".join([*lines[-10:], said]), todo=again)
    tools.printer.step("restore", f"{heroku.app} has the data of {found.name}", time.monotonic() - began)


def _begun(heroku: Heroku, found: Transfer) -> Transfer:
    """Have Heroku begin; where a person ends it in that moment, it is looked up whether it has."""
    door = data.door(heroku.stage, heroku.token)
    addon, before = dumps.postgres(heroku), data.transfers(door, heroku.app)
    try:
        return data.restore(door, heroku.app, addon, data.public_url(door, heroku.app, found.number))
    except KeyboardInterrupt:
        known = {each.id for each in before}
        fresh = next((each for each in data.transfers(door, heroku.app) if each.id not in known), None)
        raise _interrupted(heroku, found, fresh) from None


def _wait(tools: Tools, heroku: Heroku, found: Transfer, begun: Transfer) -> Transfer:
    door = data.door(heroku.stage, heroku.token)
    try:
        return backups.wait(door, heroku.app, begun, every=backups.EVERY, note=lambda text: tools.printer.doing("restore", text))
    except KeyboardInterrupt:
        raise _interrupted(heroku, found, begun) from None


def _interrupted(heroku: Heroku, found: Transfer, begun: Transfer | None) -> Interrupted:
    flag = heroku.stage.flag
    if begun is None:
        return Interrupted(
            "Interrupted",
            finding=f"Heroku knows of no restore of {found.name}: {heroku.app} has its data as it was.",
            todo=f"./inv db.restore {found.name}{flag} begins again",
        )
    return Interrupted(
        "Interrupted",
        finding=f"The restore {begun.name} of {found.name} goes on at Heroku, over what was there.",
        todo=f"./inv db.backups{flag} tells how it ended; ./inv db.backups.cancel {begun.name}{flag} ends it, half done",
    )


def _here(tools: Tools, path: Path, *, yes: bool, raw: bool, confirm: str) -> None:
    """Nobody can see in a file whether it was scrubbed before: it is done with each. Scrubbed twice is as scrubbed once."""
    if not path.is_file():
        raise UsageError(f"There is no file {path}", todo="./inv db.backups.download --stage production fetches one")
    found, began = moving.local(tools), time.monotonic()
    has = archive.read(moving.programs(), path)
    if raw:
        what = f"This brings what is in {path.name} to the stack's database as it is, with all that it may tell of people"
        confirmed(tools, path.name, what=what, given=confirm, verb=f"db.restore {path} --raw")
    replacing.may_replace(tools, found, yes=yes, verb=f"db.restore {path}")
    with replacing.beside(tools, found) as fresh, room.watched(replacing.disk(tools, path.stat().st_size), fresh):
        _unpack(tools, path, has, fresh)
        if raw:
            tools.printer.warn("nothing was scrubbed, as it was asked for")
        else:
            moving.scrub(tools, fresh)
        there = asking.contents(fresh).rows
        if lost := [table for table in has.tables if table not in there]:
            raise ToolbeltError("The restore has not all tables of the file", finding=", ".join(lost[:20]))
    told = f"{len(there)} tables, {sum(there.values())} rows of {path.name}, {'raw' if raw else 'scrubbed'}"
    tools.printer.step("restore", f"{told}, in the stack's database", time.monotonic() - began)
    tools.printer.say("  Every table of the file is there. How many rows the app had is not in a file, and was not checked.")
    moving.migrate(tools)


def _unpack(tools: Tools, path: Path, has: Archive, fresh: Database) -> None:
    """What is in the file, into a database beside the stack's own; with the schema and the extensions that it builds on."""
    lacking = fitting.missing(has.extensions, fresh)
    fitting.stays(tools, lacking)
    if has.extensions and moving.EXTENSIONS not in has.schemas:  # in which they may be: the file makes the extensions themselves
        asking.make_schema(fresh, moving.EXTENSIONS)
    total = None if copying.side_by_side(path, fresh) else path.stat().st_size
    with tempfile.TemporaryDirectory() as folder, tools.printer.transfer("restore", total) as advance:
        chosen = Path(folder) / "entries"
        chosen.write_text(has.but(lacking), encoding="utf-8")
        try:
            copying.unpack(moving.programs(), path, fresh, told=advance, chosen=chosen)
        except CopyFailed as error:
            if lacking:  # nobody can see in a file what uses them
                error.finding = (
                    f"{error.finding}\nIt was left without extension {', '.join(lacking)}, which may be what it needs."
                )
                error.todo = fitting.OTHER
            raise
