"""The database of a Postgres add-on: what makes it, and what is done with it whatever its server runs in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rehearsal.addons.server import connections
from rehearsal.records import Addon

ROOT = "postgres"


def statements(addon: Addon) -> list[str]:
    """What makes the add-on's own role and database, each to be run as it is; harmless when they are there.

    The role is no superuser and may have as many connections as the plan allows. Extensions live in a schema of
    their own, as on Heroku's Essential plans.
    """
    server = addon.server
    user, database = server["user"], server["database"]
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{user}') THEN "
        f"CREATE ROLE {user} LOGIN; END IF; END $$",
        f"ALTER ROLE {user} PASSWORD '{server['password']}' CONNECTION LIMIT {connections(addon.plan)}",
        f"SELECT 'CREATE DATABASE {database} OWNER {user}' "  # noqa: S608 (names that we made up ourselves)
        f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}')\\gexec",
        f"\\connect {database}",
        f"CREATE SCHEMA IF NOT EXISTS heroku_ext AUTHORIZATION {user}",
        f'ALTER DATABASE {database} SET search_path = "$user", public, heroku_ext',
    ]


def script(addon: Addon) -> str:
    """The statements for psql's standard input."""
    return "\\set ON_ERROR_STOP on\n" + "".join(
        line + ("\n" if line.startswith("\\") or line.endswith("\\gexec") else ";\n") for line in statements(addon)
    )


def url(addon: Addon, host: str, port: int) -> str:
    """``postgres://`` and no sslmode, as Heroku writes it."""
    server = addon.server
    return f"postgres://{server['user']}:{server['password']}@{host}:{port}/{server['database']}"


def emptied(addon: Addon) -> str:
    """The statements that put an empty database in the place of the add-on's, as superuser; who is connected is not any more."""
    user, database = addon.server["user"], addon.server["database"]
    return f"\\set ON_ERROR_STOP on\nDROP DATABASE IF EXISTS {database} WITH (FORCE);\nCREATE DATABASE {database} OWNER {user};\n"


# What is restored belongs to the add-on's role, whoever had it where it was dumped.
RESTORE = ("--no-owner", "--no-acl")
FACTS = """\
SELECT current_setting('server_version'), pg_database_size('{name}'),
    (SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'), (SELECT count(*) FROM pg_stat_user_tables);
"""


@dataclass(frozen=True)
class Facts:
    """size: bytes; connections and tables: how many there are."""

    version: str
    size: int
    connections: int
    tables: int


class Database:
    """What both kinds of servers can do with the add-on's database, by Postgres's own programs.

    label: of a dump or a restore, by which it can be ended while it runs.
    """

    _addon: Addon

    async def _psql(self, statements: str) -> str:
        """As superuser; returns what it printed."""
        raise NotImplementedError

    async def _restore(self, dump: Path, label: str) -> None:
        raise NotImplementedError

    @property
    def _name(self) -> str:
        return str(self._addon.server["database"])

    async def dump(self, to: Path, *, label: str) -> None:
        """Write all that is in it to a file, as pg_dump's custom format."""
        raise NotImplementedError

    async def restore(self, dump: Path, *, label: str) -> None:
        """Replace all that is in it by what is in such a file."""
        await self._psql(emptied(self._addon))
        try:
            await self._restore(dump, label)
        finally:
            # Also of what came of half a restore: its owner goes on with it.
            await self._psql(script(self._addon))

    async def become(self, plan: str) -> None:
        """The plan is another: as many connections as it allows, also after a restart or a restore."""
        self._addon = replace(self._addon, plan=plan)
        await self._psql(f"ALTER ROLE {self._addon.server['user']} CONNECTION LIMIT {connections(plan)};\n")

    async def empty(self) -> None:
        await self._psql(emptied(self._addon) + script(self._addon))

    async def end(self, label: str) -> None:
        """Cut off the dump or the restore of this label, wherever its program runs."""
        await self._psql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '{label}';\n")  # noqa: S608

    async def facts(self) -> Facts:
        said = await self._psql(f"\\connect {self._name}\n{FACTS.format(name=self._name)}")
        version, *numbers = said.splitlines()[-1].split("|")
        return Facts(version.split()[0], *map(int, numbers))
