"""Verbs on one database: info, reset, extension, a console."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from toolbelt import shell
from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.commands.data import dumps, moving, replacing
from toolbelt.commands.endings import like_ctrl_c
from toolbelt.commands.release import backups
from toolbelt.data import asking, programs
from toolbelt.data.database import Database
from toolbelt.errors import Interrupted, UsageError
from toolbelt.heroku import configvars
from toolbelt.heroku.addons import Addon
from toolbelt.output import size
from toolbelt.tools import Tools


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


@like_ctrl_c()
def reset(tools: Tools, *, stage: str, yes: bool, confirm: str) -> None:
    """Empty the app's database, with a backup first on a protected stage; without a stage, the stack's."""
    if not stage:
        _reset_here(tools, yes=yes)
        return
    heroku = tools.heroku(stage)
    dumps.postgres(heroku)
    what = f"This destroys all data in the database of {heroku.app}"
    confirmed(tools, heroku.app, what=what, given=confirm, verb=f"db.reset{heroku.stage.flag}")
    try:
        if heroku.stage.protected:
            dumps.first(tools, heroku)
    except Interrupted as error:
        error.finding = f"{error.finding} {heroku.app} has its data as it was."
        raise
    moving.empty(tools, heroku)
    tools.printer.say(f"./inv manage{heroku.stage.flag} -- migrate makes its tables")


def _reset_here(tools: Tools, *, yes: bool) -> None:
    found = moving.local(tools)
    replacing.may_replace(tools, found, yes=yes, verb="db.reset")
    with replacing.beside(tools, found):
        pass
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
