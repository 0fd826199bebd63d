"""Where a database is, and who may go there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlsplit

from toolbelt.addresses import is_local
from toolbelt.errors import UsageError
from toolbelt.secret import Secret

NAME = "djheroku"  # as which a server sees us


@dataclass(frozen=True)
class Database:
    """A database of a server. tls: the way there must be encrypted, as Heroku wants it; tunnelled: it is, by the tunnel, within
    which a server speaks of TLS no more, and refuses who asks for it."""

    host: str
    port: int
    user: str
    password: Secret
    name: str
    tls: bool = False
    tunnelled: bool = False

    @property
    def sslmode(self) -> str:
        """libpq's word for it."""
        return "require" if self.tls else "disable" if self.tunnelled else "prefer"

    @property
    def shown(self) -> str:
        """As a person may see it."""
        return f"{self.name} on {self.host}:{self.port}"

    def environ(self) -> dict[str, str]:
        """What libpq reads: the password is in no argument, where everybody on the machine could see it."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password.reveal(),
            "PGDATABASE": self.name,
            "PGCONNECT_TIMEOUT": "15",
            "PGAPPNAME": NAME,
            **({"PGSSLMODE": self.sslmode} if self.tunnelled else {}),
        }

    def at(self, host: str, port: int) -> Database:
        """The same database, reached at another address that needs no TLS: a tunnel's."""
        return replace(self, host=host, port=port, tls=False, tunnelled=True)

    def named(self, name: str) -> Database:
        """Another database of the same server."""
        return replace(self, name=name)

    def url(self) -> Secret:
        """As DATABASE_URL has it."""
        user, password = quote(self.user, safe=""), quote(self.password.reveal(), safe="")
        return Secret(f"postgres://{user}:{password}@{self.host}:{self.port}/{quote(self.name, safe='')}")


def parse(url: Secret, *, whose: str) -> Database:
    """A DATABASE_URL taken apart; whose: for the message if it is none."""
    parts = urlsplit(url.reveal())
    try:
        port = parts.port or 5432
    except ValueError:
        port = 0
    if parts.scheme not in ("postgres", "postgresql") or not parts.hostname or not parts.path.strip("/") or not port:
        raise UsageError(f"The DATABASE_URL of {whose} is not an address of a Postgres database")
    asked = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    tls = asked.get("sslmode", "") in ("require", "verify-ca", "verify-full") or not is_local(f"//{parts.hostname}")
    return Database(
        host=parts.hostname, port=port, user=unquote(parts.username or ""), password=Secret(unquote(parts.password or "")),
        name=unquote(parts.path.strip("/")), tls=tls,
    )  # fmt: skip


def of_config(values: Mapping[str, Secret], *, app: str, variable: str = "DATABASE_URL") -> Database:
    """The database of an app by its config vars; always over TLS, also in a rehearsal."""
    if variable not in values:
        there = sorted(name for name in values if name.endswith("_URL"))
        raise UsageError(
            f"{app} has no {variable}",
            finding=f"There are: {', '.join(there)}" if there else "It has no add-on with a database.",
            todo="./inv addons.create heroku-postgresql:essential-0",
        )
    return replace(parse(values[variable], whose=app), tls=True)
