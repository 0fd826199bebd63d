"""What is in a database: its tables and their rows, extensions, size; and databases made, renamed and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolbelt.data.database import NAME, Database
from toolbelt.data.programs import number
from toolbelt.errors import ToolbeltError

# psycopg2 is imported where it is needed: most verbs ask no database, and every verb would wait for it.
if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import connection

# Not those that belong to an extension: they come with it.
TABLES = """
SELECT schemaname, relname FROM pg_stat_user_tables t WHERE schemaname NOT IN ('_heroku') AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = t.relid AND d.deptype = 'e'
) ORDER BY 1, 2
"""
EXTENSIONS = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
FACTS = """
SELECT current_setting('server_version'), pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()), current_setting('max_connections')::int
"""


OURS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()
"""


class DatabaseError(ToolbeltError):
    """The database refuses, in its own words."""


@dataclass(frozen=True)
class Contents:
    """What a database has: rows by ``schema.table``, and extensions."""

    rows: Mapping[str, int]
    extensions: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not self.rows


@dataclass(frozen=True)
class Facts:
    """size: bytes; connections: how many there are, of how many there may be."""

    version: str
    size: int
    connections: int
    limit: int

    @property
    def major(self) -> int:
        """18 of "18.4 (Debian 18.4-1)"."""
        return number(self.version)


@contextmanager
def connected(database: Database) -> Iterator[connection]:
    """A connection, closed at the end. Raises DatabaseError without the password in it."""
    import psycopg2

    try:
        found = psycopg2.connect(
            host=database.host, port=database.port, user=database.user, password=database.password.reveal(), dbname=database.name,
            connect_timeout=15, application_name=NAME, sslmode=database.sslmode,
        )  # fmt: skip
    except psycopg2.Error as error:
        raise _error(f"{database.shown} cannot be used", error) from None
    try:
        yield found
    except psycopg2.Error as error:
        raise _error(f"{database.shown} refuses", error) from None
    finally:
        found.close()


def _error(headline: str, error: Error) -> DatabaseError:
    return DatabaseError(headline, finding=str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)


@contextmanager
def snapshot(database: Database) -> Iterator[tuple[str, Contents]]:
    """A moment of the database, held while a dump is made of it: its name for pg_dump, and what there is in it."""
    with connected(database) as found:
        found.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with found.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            yield str(_one(cursor)), _contents(cursor)


def contents(database: Database) -> Contents:
    """Every row is counted: what a check of a copy is worth."""
    with connected(database) as found, found.cursor() as cursor:
        return _contents(cursor)


def facts(database: Database) -> Facts:
    with connected(database) as found, found.cursor() as cursor:
        cursor.execute(FACTS)
        return Facts(*cursor.fetchone())


def tables(database: Database) -> tuple[str, ...]:
    """The tables, not counted."""
    with connected(database) as found, found.cursor() as cursor:
        cursor.execute(TABLES)
        return tuple(f"{schema}.{name}" for schema, name in cursor.fetchall())


def _contents(cursor: Any) -> Contents:
    from psycopg2 import sql

    cursor.execute(TABLES)
    rows = {}
    for schema, name in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name)))
        rows[f"{schema}.{name}"] = int(_one(cursor))
    cursor.execute(EXTENSIONS)
    return Contents(rows, tuple(name for (name,) in cursor.fetchall()))


def _one(cursor: Any) -> Any:
    return cursor.fetchone()[0]


def at_work(database: Database) -> int:
    """How many others of ours are connected to it, such as a restore that was cut off and has not noticed yet."""
    with connected(database) as found, found.cursor() as cursor:
        cursor.execute(OURS, (NAME,))
        return int(_one(cursor))


# --- whole databases: on a server of ours --------------------------------------------------------------------------------


@contextmanager
def _server(database: Database) -> Iterator[Any]:
    """A cursor on the server's own database, for what cannot be done in a transaction."""
    with connected(database.named("postgres")) as found:
        found.autocommit = True
        with found.cursor() as cursor:
            yield cursor


def create(database: Database) -> None:
    """Make an empty database of this name on its server."""
    from psycopg2 import sql

    with _server(database) as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database.name)))


def drop(database: Database) -> None:
    """Drop it, whoever is connected to it."""
    from psycopg2 import sql

    with _server(database) as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))


def leftovers(database: Database, prefix: str) -> tuple[str, ...]:
    """Databases of the server whose names begin so."""
    with _server(database) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", (prefix,))
        return tuple(name for (name,) in cursor.fetchall())


def replace(database: Database, fresh: Database) -> None:
    """Put a database in another's place: connections to the old one are cut, and it is gone."""
    from psycopg2 import sql

    name, old, new = (sql.Identifier(each) for each in (database.name, f"{fresh.name}_before", fresh.name))
    with _server(database) as cursor:
        cursor.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        try:
            cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (database.name,))
            # In one message, which is one transaction: both, or none.
            both = sql.SQL("ALTER DATABASE {0} RENAME TO {1}; ALTER DATABASE {2} RENAME TO {0}")
            cursor.execute(both.format(name, old, new))
        finally:
            cursor.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(old))


def extend(database: Database, name: str, *, schema: str = "") -> None:
    """CREATE EXTENSION, into a schema where one is named."""
    from psycopg2 import sql

    with connected(database) as found:
        found.autocommit = True
        with found.cursor() as cursor:
            into = sql.SQL(" SCHEMA {}").format(sql.Identifier(schema)) if schema else sql.SQL("")
            cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}{}").format(sql.Identifier(name), into))


def make_schema(database: Database, name: str) -> None:
    """CREATE SCHEMA, where there is none of that name."""
    from psycopg2 import sql

    with connected(database) as found:
        found.autocommit = True
        with found.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(name)))


def schemas(database: Database) -> tuple[str, ...]:
    with connected(database) as found, found.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace ORDER BY 1")
        return tuple(name for (name,) in cursor.fetchall())
