"""Whether data of one server can get into another with the programs of this machine: found out before anything is emptied."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from toolbelt.data import asking, extensions, programs
from toolbelt.data.database import Database
from toolbelt.errors import MissingTool, UsageError
from toolbelt.stack.servers import postgres_programs
from toolbelt.tools import Tools

NEEDED = ("pg_dump", "pg_restore", "psql")
HEROKU = "heroku_ext"  # the schema that Heroku keeps extensions in

OTHER = (
    "Take a server that has it: that of the stack with Docker has all that come with Postgres "
    "(start a Docker engine, ./inv down, ./inv up)"
)


def programs_here() -> Path:
    """Where pg_dump and the like are: the stack's own, or where there is none for this machine, those on the PATH."""
    try:
        return postgres_programs()
    except MissingTool as error:
        found = [Path(path).parent for name in NEEDED if (path := shutil.which(name))]
        if len(found) == len(NEEDED) and len(set(found)) == 1:
            return found[0]
        raise MissingTool(
            f"There is no {', '.join(NEEDED)} on this machine",
            finding=f"{error.headline}; a Docker engine has a server, and these programs are not taken from it.",
            todo="Install them, and have them on the PATH: apt install postgresql-client, or brew install libpq",
        ) from None


def fit(tools: Tools, source: Database, target: Database) -> tuple[str, ...]:
    """The extensions that are to stay behind. UsageError where the data would not get through.

    An extension that the target's server lacks stays behind where nothing needs it: every database of Heroku's has some.
    """
    theirs, ours = asking.facts(source), asking.facts(target)
    if theirs.major > (ceiling := programs.major(programs_here())):
        raise UsageError(
            f"{source.name} is of Postgres {theirs.major}, and the programs of this machine are of {ceiling}",
            finding="pg_dump dumps no server that is newer than itself. Nothing was done.",
            todo="./inv db.backup takes a backup at Heroku; for a copy here wait for a newer Postgres of the stack",
        )
    if theirs.major > ours.major:
        tools.printer.warn(f"from Postgres {theirs.major} to {ours.major}: what only the newer one knows would be refused")
    lacking = missing(extensions.homes(source), target)
    if users := extensions.in_use(source, lacking):
        said = [f"{name}: {', '.join(some[:4])}{' …' if len(some) > 4 else ''}" for name, some in users.items()]
        raise UsageError(
            f"The server of {target.shown} does not have {', '.join(users)}, which the data needs",
            finding="\n".join([*said, "Nothing was done."]),
            todo=OTHER,
        )
    stays(tools, lacking)
    return lacking


def missing(names: Iterable[str], target: Database) -> tuple[str, ...]:
    """Those of the extensions that the target's server does not have."""
    there = extensions.available(target)
    return tuple(name for name in names if name not in there)


def stays(tools: Tools, names: Iterable[str]) -> None:
    """Say which extensions stay behind."""
    if told := ", ".join(names):
        tools.printer.warn(f"left out, because the server has none: extension {told}, with tables of its own if it has some")


def prepare(source: Database, target: Database, lacking: Iterable[str]) -> tuple[str, ...]:
    """Extensions, made before the restore as the source has them: what is refused there is refused before any data is sent.

    Returns those that the dump must not bring: those that are lacking, and those that are there already, which at Heroku are
    not ours, so that a restore would not be let say anything about them.
    """
    left_out, there, schemas = tuple(lacking), extensions.homes(target), asking.schemas(target)
    for name, schema in extensions.homes(source).items():
        if name not in (*there, *left_out) and schema in schemas:  # another schema comes with the dump, and so does what is in it
            asking.extend(target, name, schema=schema)
    return (*left_out, *there)
