"""Verbs on one database: info, reset, extension, a console; and its backups: taken, listed, downloaded, restored."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from toolbelt import shell
from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.commands.data import moving
from toolbelt.commands.release import backups
from toolbelt.data import asking, copying, programs
from toolbelt.data.database import Database
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import configvars, data
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.data import BACKUP, Transfer
from toolbelt.output import ago, size
from toolbelt.tools import Heroku, Tools

JOBS = 4


def info(tools: Tools, *, stage: str, as_json: bool) -> None:
    """What the database is, how large, and how many are connected; without a stage, the stack's."""
    if not stage:
        _info(tools, moving.local(tools), as_json=as_json)
        return
    heroku = tools.heroku(stage)
    addon = backups.database(heroku)
    with moving.reached(heroku) as found:
        _info(tools, found, as_json=as_json, addon=addon)


def _info(tools: Tools, found: Database, *, as_json: bool, addon: Addon | None = None) -> None:
    facts, tables = asking.facts(found), asking.tables(found)
    if as_json:
        told = asdict(facts) | {"tables": list(tables), "plan": addon.plan if addon else "", "addon": addon.name if addon else ""}
        tools.printer.data(json.dumps(told, indent=2))
        return
    rows = [("add-on", f"{addon.name} ({addon.plan})")] if addon else []
    rows += [("Postgres", facts.version), ("size", size(facts.size)), ("tables", str(len(tables)))]
    tools.printer.facts([*rows, ("connections", f"{facts.connections} of {facts.limit}")])


def reset(tools: Tools, *, stage: str, yes: bool, confirm: str) -> None:
    """Empty the app's database, with a backup first on a protected stage; without a stage, the stack's."""
    if not stage:
        _reset_here(tools, yes=yes)
        return
    heroku = tools.heroku(stage)
    what = f"This destroys all data in the database of {heroku.app}"
    confirmed(tools, heroku.app, what=what, given=confirm, verb=f"db.reset{heroku.stage.flag}")
    if heroku.stage.protected:
        tools.printer.step("backup", f"{backups.back_up(tools, heroku)} has what was there")
    moving.empty(tools, heroku)
    tools.printer.say(f"./inv manage{heroku.stage.flag} -- migrate makes its tables")


def _reset_here(tools: Tools, *, yes: bool) -> None:
    found = moving.local(tools)
    moving.may_replace(tools, found, yes=yes, verb="db.reset")
    with moving.scratch(tools, found) as fresh:
        asking.replace(found, fresh)
    tools.printer.step("reset", f"{found.shown} is empty")
    moving.migrate(tools)


def extension(tools: Tools, *, name: str, stage: str) -> None:
    """Add an extension, in the schema that Heroku keeps them in where there is it."""
    if not stage:
        _extend(tools, moving.local(tools), name)
        return
    with moving.reached(tools.heroku(stage)) as found:
        _extend(tools, found, name)


def _extend(tools: Tools, found: Database, name: str) -> None:
    asking.extend(found, name, schema=moving.EXTENSIONS if moving.EXTENSIONS in asking.schemas(found) else "")
    tools.printer.step("extension", f"{name} is in {found.name}")


def console(tools: Tools, words: Sequence[str], *, stage: str) -> None:
    """psql on the app's database; its exit status is ours."""
    with moving.reached(tools.heroku(stage)) as found:
        command = programs.psql(moving.programs(), found, words)
        status = shell.stream(command.argv, cwd=tools.config.root, env=tools.config.child_environ(**command.env))
    if status != 0:
        raise SystemExit(status)


def redis_console(tools: Tools, words: Sequence[str], *, stage: str) -> None:
    """A console on the app's Key-Value Store; its exit status is ours."""
    heroku = tools.heroku(stage)
    values = configvars.every(heroku.client, heroku.app)
    if "REDIS_URL" not in values:
        raise UsageError(f"{heroku.app} has no REDIS_URL", todo=f"./inv addons.create heroku-redis:mini{heroku.stage.flag}")
    environ = tools.config.child_environ(REDIS_URL=values["REDIS_URL"].reveal())
    status = shell.stream([sys.executable, "-m", "toolbelt.stack.console", *words], cwd=tools.config.root, env=environ)
    if status != 0:
        raise SystemExit(status)


# --- backups ----------------------------------------------------------------------------------------------------------


def backup(tools: Tools, *, stage: str) -> None:
    """Take a backup at Heroku, and wait until it is there."""
    heroku = tools.heroku(stage)
    began = time.monotonic()
    took = backups.back_up(tools, heroku)
    if took is None:
        raise UsageError(f"{heroku.app} has no Postgres of Heroku's", todo=f"./inv addons{heroku.stage.flag}")
    tools.printer.step("backup", f"{took} of {heroku.app}", time.monotonic() - began)


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Backups, restores and copies of the app, the newest first."""
    heroku = tools.heroku(stage)
    found = data.transfers(data.door(heroku.stage, heroku.token), heroku.app)
    if as_json:
        tools.printer.data(json.dumps([_told(each) for each in found], indent=2))
        return
    rows = [(each.name, each.kind, _state(each), size(each.bytes), each.source, ago(each.created)) for each in found]
    tools.printer.table(("name", "what", "state", "size", "of", "when"), rows)


def download(tools: Tools, *, which: str, stage: str, output_file: str) -> None:
    """Fetch a backup into a file, the newest if none is named; the file is there when it is whole."""
    heroku = tools.heroku(stage)
    door = data.door(heroku.stage, heroku.token)
    found = _one(heroku, which)
    to = Path(output_file or f"{heroku.app}-{found.name}.dump")
    if to.exists():
        raise UsageError(
            f"{to} is there already", todo=f"./inv db.backups.download {found.name} --output another{heroku.stage.flag}"
        )
    began, part = time.monotonic(), to.with_name(f"{to.name}.part")
    half = "Nothing was kept of it."
    try:
        with part.open("wb") as file, tools.printer.transfer("download", found.bytes) as advance:
            part.chmod(0o600)
            for piece in door.pieces(data.public_url(door, heroku.app, found.number)):
                file.write(piece)
                advance(len(piece))
        part.replace(to)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted", finding=half, todo="The same command does it from the start") from None
    except ToolbeltError as error:
        error.finding = "\n".join(filter(None, [error.finding, half]))
        raise
    except OSError as error:
        raise ToolbeltError(f"{to} could not be written", finding=f"{error.strerror}. {half}") from None
    finally:
        part.unlink(missing_ok=True)
    tools.printer.step("download", f"{to}, {size(to.stat().st_size)}", time.monotonic() - began)
    tools.printer.say(f"  It is not scrubbed. ./inv db.restore {to} puts it into the stack's database.")


def restore(tools: Tools, *, what: str, stage: str, yes: bool, confirm: str) -> None:
    """A backup of the app's own (b004) back into its database; without a stage, a file into the stack's."""
    if not stage:
        _restore_here(tools, Path(what), yes=yes)
        return
    heroku = tools.heroku(stage)
    found, addon = _one(heroku, what), backups.database(heroku)
    if addon is None:
        raise UsageError(f"{heroku.app} has no Postgres of Heroku's", todo=f"./inv addons{heroku.stage.flag}")
    told = f"This replaces all data of {heroku.app} by {found.name}, taken {ago(found.created)}"
    confirmed(tools, heroku.app, what=told, given=confirm, verb=f"db.restore {found.name}{heroku.stage.flag}")
    if heroku.stage.protected:
        tools.printer.step("backup", f"{backups.back_up(tools, heroku)} has what was there")
    door, began = data.door(heroku.stage, heroku.token), time.monotonic()
    begun = data.restore(door, heroku.app, addon, data.public_url(door, heroku.app, found.number))
    try:
        done = backups.wait(door, heroku.app, begun, every=backups.EVERY, note=lambda text: tools.printer.doing("restore", text))
    except KeyboardInterrupt:
        half = f"The restore of {found.name} goes on at Heroku, over what was there."
        raise Interrupted("Interrupted", finding=half, todo=f"./inv db.backups{heroku.stage.flag} tells how it ended") from None
    if not done.succeeded:
        lines = data.transfer(door, heroku.app, done.number, verbose=True).log
        raise ToolbeltError(f"The restore of {found.name} failed", finding="\n".join(lines[-10:]))
    tools.printer.step("restore", f"{heroku.app} has the data of {found.name}", time.monotonic() - began)


def _restore_here(tools: Tools, path: Path, *, yes: bool) -> None:
    if not path.is_file():
        raise UsageError(f"There is no file {path}", todo="./inv db.backups.download --stage production fetches one")
    found, began = moving.local(tools), time.monotonic()
    moving.may_replace(tools, found, yes=yes, verb="db.restore")
    with moving.scratch(tools, found) as fresh, moving.told(f"{found.name} is as it was."):
        command = programs.restore(moving.programs(), fresh, jobs=JOBS, file=path)
        done = shell.run(command.argv, env=command.env, check=False)
        copying.check(shell.Ended(0, ""), shell.Ended(done.returncode, done.stderr.strip()))
        rows = sum(asking.contents(fresh).rows.values())
        asking.replace(found, fresh)
    tools.printer.step("restore", f"{rows} rows of {path.name} in the stack's database", time.monotonic() - began)
    moving.migrate(tools)


def _one(heroku: Heroku, which: str) -> Transfer:
    """A backup by its name, the newest whole one if none is named."""
    there = [each for each in data.transfers(data.door(heroku.stage, heroku.token), heroku.app) if each.kind == BACKUP]
    found = [each for each in there if each.succeeded and which in ("", each.name)]
    if not found:
        names = ", ".join(each.name for each in there if each.succeeded)
        headline = f"{heroku.app} has no backup {which}".rstrip()
        raise UsageError(headline, todo=f"There are: {names}" if names else f"./inv db.backup{heroku.stage.flag} takes one")
    return found[0]


def _state(each: Transfer) -> str:
    return "running" if each.finished is None else "done" if each.succeeded else "failed"


def _told(each: Transfer) -> dict[str, object]:
    return {
        "name": each.name, "kind": each.kind, "state": _state(each), "bytes": each.bytes, "source": each.source,
        "created_at": each.created.isoformat() if each.created else None,
    }  # fmt: skip
