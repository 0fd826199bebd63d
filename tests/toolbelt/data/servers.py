"""Postgres servers for tests of copies: the embedded one, and where this machine has one an older one of another maker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from toolbelt.data import asking, database
from toolbelt.data.database import Database
from toolbelt.secret import Secret
from toolbelt.stack import servers

DEBIAN = Path("/usr/lib/postgresql")


def older() -> Path:
    """The programs of a server that does not know transaction_timeout; skips the test where this machine has none."""
    found = [path / "bin" for path in sorted(DEBIAN.glob("1[3-6]")) if (path / "bin" / "postgres").exists()]
    if not found:
        pytest.skip(f"no Postgres before 17 in {DEBIAN}: apt install postgresql")
    return found[-1]


@contextmanager
def running(folder: Path, programs: Path | None = None) -> Iterator[Database]:
    """Its own database; programs: of another server than the embedded one."""
    with pytest.MonkeyPatch.context() as patched:
        if programs is not None:
            patched.setattr(servers, "postgres_programs", lambda: programs)
        server = servers.Postgres(folder / "data", durable=False)
        server.start()
    try:
        yield database.parse(Secret(server.url), whose="a test")
    finally:
        server.stop()


def run(there: Database, *statements: str) -> list[tuple[object, ...]]:
    """Statements, each in a transaction of its own; the rows of the last."""
    rows: list[tuple[object, ...]] = []
    with asking.connected(there) as connection:
        connection.autocommit = True
        for statement in statements:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                rows = list(cursor.fetchall()) if cursor.description else []
    return rows


@contextmanager
def fresh(there: Database, name: str) -> Iterator[Database]:
    """An empty database of this name, gone at the end."""
    made = there.named(name)
    asking.drop(made)
    asking.create(made)
    try:
        yield made
    finally:
        asking.drop(made)
