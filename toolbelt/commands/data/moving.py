"""Verbs that move data: db.pull, db.push, db.copy. A copy is made beside what is there, checked, and then put in its place."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from toolbelt import shell
from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.commands.data import dumps, fitting, replacing
from toolbelt.commands.data.standing import inside, told
from toolbelt.commands.endings import like_ctrl_c
from toolbelt.commands.release import backups
from toolbelt.data import asking, copying, database, room, tunnel
from toolbelt.data.asking import Contents
from toolbelt.data.database import Database
from toolbelt.errors import CommandFailed, Interrupted, StackError, ToolbeltError, UsageError
from toolbelt.heroku import configvars, data
from toolbelt.output import size
from toolbelt.tools import Heroku, Tools

EXTENSIONS = fitting.HEROKU


@like_ctrl_c()
def pull(tools: Tools, *, stage: str, yes: bool, raw: bool, confirm: str, without: Sequence[str]) -> None:
    """The app's data into the database of the stack on this machine, scrubbed before anybody here sees it."""
    heroku = tools.heroku(stage)
    here = local(tools)
    if raw:
        what = f"This brings the data of {heroku.app} to this machine as it is, with all that it tells of people"
        confirmed(tools, heroku.app, what=what, given=confirm, verb=f"db.pull --raw{heroku.stage.flag}")
    replacing.may_replace(tools, here, yes=yes, verb="db.pull")
    with reached(heroku) as remote:
        left_out = fitting.fit(tools, remote, here)
        coming = asking.facts(remote).size
        with replacing.beside(tools, here) as fresh, room.watched(replacing.disk(tools, coming), fresh):
            there = _copy(tools, remote, fresh, without=without, left_out=left_out)
            _check(there, fresh, without=without, left_out=left_out)
            if raw:
                tools.printer.warn("nothing was scrubbed, as it was asked for")
            else:
                scrub(tools, fresh)
    migrate(tools)
    tools.printer.say(
        f"The stack's database has {sum(there.rows.values())} rows of {heroku.app}, {'raw' if raw else 'scrubbed'}."
    )


@like_ctrl_c()
def push(tools: Tools, *, stage: str, confirm: str, replace: bool) -> None:
    """This machine's data into the app's database: one that is empty, or is told to be emptied; a backup comes first."""
    heroku = tools.heroku(stage)
    here = local(tools)
    with reached(heroku) as remote:
        left_out = fitting.fit(tools, here, remote)
        _prepare(tools, heroku, remote, confirm=confirm, replace=replace, verb="db.push")
        with told(lambda: inside(heroku, remote), full=_larger(heroku)):
            there = _copy(tools, here, remote, left_out=left_out)
            _check(there, remote, left_out=left_out)
    tools.printer.say(f"{heroku.app} has {sum(there.rows.values())} rows of this machine's database.")


@like_ctrl_c()
def copy(tools: Tools, *, a: str, b: str, confirm: str, replace: bool) -> None:
    """One app's data into another's database, through this machine and not on it."""
    source, target = tools.heroku(a), tools.heroku(b)
    if (source.app, source.stage.api) == (target.app, target.stage.api):
        raise UsageError(f"{a} and {b} are the same app", todo="./inv db.copy production staging")
    with reached(source) as first, reached(target) as second:
        left_out = fitting.fit(tools, first, second)
        _prepare(tools, target, second, confirm=confirm, replace=replace, verb=f"db.copy {a} {b}")
        with told(lambda: inside(target, second), full=_larger(target)):
            there = _copy(tools, first, second, left_out=left_out)
            _check(there, second, left_out=left_out)
    tools.printer.say(
        f"{target.app} has {sum(there.rows.values())} rows of {source.app}, as they are there: nothing was scrubbed."
    )


@contextmanager
def reached(heroku: Heroku) -> Iterator[Database]:
    """The app's database at an address that Postgres's programs of this machine can speak to."""
    values = configvars.every(heroku.client, heroku.app)
    if "DATABASE_URL" not in values:
        backups.database(heroku)  # one that is on its way has none yet
    with tunnel.reached(database.of_config(values, app=heroku.app)) as found:
        yield found


def empty(tools: Tools, heroku: Heroku) -> None:
    """Have Heroku empty the app's database: its roles and addresses stay."""
    addon = backups.database(heroku)
    if addon is None:
        raise UsageError(f"{heroku.app} has no Postgres of Heroku's", todo=f"./inv addons{heroku.stage.flag}")
    began = time.monotonic()
    door = data.door(heroku.stage, heroku.token)
    try:
        data.reset(door, addon)
        while data.waiting(door, addon):
            door.sleep(1)
    except KeyboardInterrupt:
        half = f"Heroku was asked to empty {addon.name}, and does not stop at that: its data is gone, or about to be."
        raise Interrupted("Interrupted", finding=half, todo=f"./inv db.info{heroku.stage.flag} tells what is in it") from None
    tools.printer.step("reset", f"{addon.name} is empty", time.monotonic() - began)


def _larger(heroku: Heroku) -> str:
    """What to type; to which plan is for a person to decide."""
    flag = heroku.stage.flag
    return (
        f"The database of {heroku.app} has no more room. A larger plan than it has (./inv addons{flag} tells), such as: "
        f"./inv addons.upgrade DATABASE_URL heroku-postgresql:essential-1{flag}"
    )


def _prepare(tools: Tools, heroku: Heroku, remote: Database, *, confirm: str, replace: bool, verb: str) -> None:
    """Make sure that the target is empty, or may be emptied and can be had back."""
    flag = heroku.stage.flag if "copy" not in verb else ""
    there = asking.tables(remote)
    if there and not replace:
        some = ", ".join(there[:4]) + (" …" if len(there) > 4 else "")
        todo = f"If it is to be emptied first: ./inv {verb}{flag} --replace"
        raise UsageError(f"The database of {heroku.app} is not empty", finding=f"It has {len(there)} tables: {some}", todo=todo)
    if there or heroku.stage.protected:
        what = f"This replaces all data of {heroku.app}" if there else f"This puts data into the database of {heroku.app}"
        if heroku.stage.protected:
            confirmed(tools, heroku.app, what=what, given=confirm, verb=f"{verb}{flag}{' --replace' if replace else ''}")
    if there:
        dumps.first(tools, heroku)
        empty(tools, heroku)


def local(tools: Tools) -> Database:
    """The database of the stack that is up."""
    return database.parse(tools.stack().database_url(), whose="the stack")


def _copy(
    tools: Tools, source: Database, target: Database, *, without: Sequence[str] = (), left_out: Sequence[str] = ()
) -> Contents:
    began = time.monotonic()
    tools.printer.doing("copy", f"of {size(asking.facts(source).size)} in the database; a dump has no indexes, and is smaller")
    if EXTENSIONS in asking.schemas(source):
        asking.make_schema(target, EXTENSIONS)
    stays = fitting.prepare(source, target, left_out)
    with tools.printer.transfer("copy", None) as advance:  # nobody knows how large a dump will be
        counted = Counter(advance)
        there = copying.copy(programs(), source, target, told=counted, without=without, left_out=stays)
    rows = sum(there.rows.values())
    tools.printer.step("copy", f"{len(there.rows)} tables, {rows} rows, {size(counted.total)}", time.monotonic() - began)
    return there


class Counter:
    """Counts bytes for a bar and for the line at the end."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self.total = 0
        self._advance = advance

    def __call__(self, count: int) -> None:
        self.total += count
        self._advance(count)


def _check(there: Contents, target: Database, *, without: Sequence[str] = (), left_out: Sequence[str] = ()) -> None:
    if told := copying.differences(there, asking.contents(target), without=without, left_out=left_out):
        raise ToolbeltError("The copy is not what its source is", finding="\n".join(told[:20]))


def programs() -> Path:
    """Where pg_dump and the like are; they speak TLS through the tunnel."""
    return fitting.programs_here()


def scrub(tools: Tools, scratch: Database) -> None:
    """The site's own rules, on a database that nobody else has seen."""
    began = time.monotonic()
    argv = [sys.executable, "manage.py", "scrub", "--database-name", scratch.name]
    environ = tools.config.child_environ(DATABASE_URL=scratch.url().reveal(), DJANGO_SETTINGS_MODULE="djheroku.settings.dev")
    environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")  # the settings want one; scrubbing asks nothing of it
    try:
        done = shell.run(argv, cwd=tools.config.root, env=environ)
    except CommandFailed as error:
        if (full := room.named(error)) is not error:
            raise full from None
        raise ToolbeltError(
            "The copy could not be scrubbed, and was thrown away",
            finding=error.finding.splitlines()[-1] if error.finding else "",
            todo="Classify every column in djheroku/scrubbing/rules.py, then type the same again",
        ) from None
    tables = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    tools.printer.step("scrub", ", ".join(tables), time.monotonic() - began)


def migrate(tools: Tools) -> None:
    """This checkout's migrations, which may be ahead of those of the data."""
    began = time.monotonic()
    if tools.stack().site(["python", "manage.py", "migrate", "--verbosity", "0"]) != 0:
        raise StackError("The data is there, but this checkout's migrations do not fit it", todo="./inv migrate")
    tools.printer.step("migrate", "this checkout's migrations", time.monotonic() - began)
