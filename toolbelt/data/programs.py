"""Postgres's own programs: pg_dump, pg_restore and psql as argv and environ. Where they are is for the caller to know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from toolbelt import shell
from toolbelt.data.database import Database
from toolbelt.shell import Command

# Heroku's own: a schema of its books (heroku/cli, src/lib/pg/push-pull.ts), and the one that it keeps extensions in, which is
# in every database of its plans from the start, and made in the target before a restore.
NOT_OURS = ("_heroku", "heroku_ext")
OURS = ("--no-owner", "--no-acl", "--exclude-schema=_heroku")  # of what an archive has
PATH = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def major(folder: Path) -> int:
    """Of which Postgres the programs are: they dump no newer server."""
    said = shell.run([folder / "pg_dump", "--version"], env=PATH).stdout
    return number(said.split(")")[-1])


def number(version: str) -> int:
    """18 of "18.4 (Debian 18.4-1)" and of "18beta1"."""
    found = re.search(r"\d+", version)
    assert found is not None, version
    return int(found[0])


def dump(
    folder: Path,
    database: Database,
    *,
    snapshot: str = "",
    without: Sequence[str] = (),
    left_out: Sequence[str] = (),
    script: bool = False,
) -> Command:
    """A dump in Postgres's custom format, not compressed: it goes into a restore. script: as SQL, for psql.

    snapshot: of a transaction that is open, so that the dump sees exactly what that one sees; without: tables whose
    rows stay where they are; left_out: extensions that do not come along.
    """
    shape = "plain" if script else "custom"
    argv: list[str | Path] = [folder / "pg_dump", f"--format={shape}", "--no-owner", "--no-acl"]
    argv += [] if script else ["--compress=0"]
    argv += [f"--exclude-schema={schema}" for schema in NOT_OURS]
    argv += ["--snapshot", snapshot] if snapshot else []
    argv += [f"--exclude-table-data={table}" for table in without]
    argv += [f'--exclude-extension="{name}"' for name in left_out]
    return Command(argv, PATH | database.environ())


def side_by_side(folder: Path, database: Database, file: Path, *, jobs: int, chosen: Path) -> Command:
    """A restore of a file by several connections at once; what it has done stays where it fails."""
    argv: list[str | Path] = [folder / "pg_restore", *OURS, "--exit-on-error", f"--jobs={jobs}", "--dbname", database.name]
    return Command([*argv, "--use-list", chosen, file], PATH | database.environ())


def restore(folder: Path, database: Database, *, chosen: Path | None = None) -> Command:
    """A restore of what comes by stdin: all of it or nothing. chosen: a file with those of its entries that are wanted."""
    argv: list[str | Path] = [folder / "pg_restore", *OURS, "--exit-on-error", "--single-transaction", "--dbname", database.name]
    argv += ["--use-list", chosen] if chosen is not None else []
    return Command(argv, PATH | database.environ())


def script(folder: Path, file: Path, *, chosen: Path | None = None) -> Command:
    """An archive as SQL, for psql."""
    argv: list[str | Path] = [folder / "pg_restore", *OURS, "--file=-"]
    argv += ["--use-list", chosen] if chosen is not None else []
    return Command([*argv, file], PATH)


def listing(folder: Path, file: Path) -> Command:
    """What an archive has, an entry a line."""
    return Command([folder / "pg_restore", "--list", file], PATH)


def run(folder: Path, database: Database) -> Command:
    """SQL that comes by stdin: all of it or nothing."""
    argv: list[str | Path] = [folder / "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    return Command([*argv, "--file=-"], PATH | database.environ())


def psql(folder: Path, database: Database, words: Sequence[str]) -> Command:
    return Command([folder / "psql", *words], database.environ())
