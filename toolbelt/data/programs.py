"""Postgres's own programs: pg_dump, pg_restore and psql as argv and environ. Where they are is for the caller to know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolbelt.data.database import Database
from toolbelt.shell import Command

# Heroku's own: a schema of its books (heroku/cli, src/lib/pg/push-pull.ts), and the one that it keeps extensions in, which is
# in every database of its plans from the start, and made in the target before a restore.
NOT_OURS = ("_heroku", "heroku_ext")
PATH = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def dump(folder: Path, database: Database, *, snapshot: str = "", without: Sequence[str] = ()) -> Command:
    """A dump in Postgres's custom format, not compressed: it goes into a restore.

    snapshot: of a transaction that is open, so that the dump sees exactly what that one sees; without: tables whose
    rows stay where they are.
    """
    argv: list[str | Path] = [folder / "pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-acl"]
    argv += [f"--exclude-schema={schema}" for schema in NOT_OURS]
    argv += ["--snapshot", snapshot] if snapshot else []
    argv += [f"--exclude-table-data={table}" for table in without]
    return Command(argv, PATH | database.environ())


def restore(folder: Path, database: Database, *, jobs: int = 1, file: Path | None = None, single: bool = True) -> Command:
    """A restore from stdin, or of a file with several jobs; single: all of it or nothing."""
    argv: list[str | Path] = [folder / "pg_restore", "--no-owner", "--no-acl", "--exit-on-error", "--dbname", database.name]
    argv += ["--single-transaction"] if single and jobs == 1 else []
    argv += [f"--jobs={jobs}", str(file)] if file is not None else []
    return Command(argv, PATH | database.environ())


def psql(folder: Path, database: Database, words: Sequence[str]) -> Command:
    return Command([folder / "psql", *words], database.environ())
