"""The data API: databases and their backups (pg:* and redis:* in Heroku's CLI, src/commands/pg and src/lib/pg).

It is no part of the Platform API: another host, and no schema that Heroku has published. This is its only door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from toolbelt.heroku.addons import Addon
from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import when
from toolbelt.secret import Secret
from toolbelt.stages import Stage

POSTGRES, REDIS = "heroku-postgresql", "heroku-redis"
# What a transfer is, by where it goes from and to (src/lib/pg/backups.ts).
BACKUP, RESTORE, COPY = "backup", "restore", "copy"
LETTERS: Mapping[str, str] = {BACKUP: "b", RESTORE: "r", COPY: "c"}


@dataclass(frozen=True)
class Transfer:
    """A backup, restore or copy. bytes: how many are done; total: of how many, 0 where that is not known; target: the
    database that it goes to, "BACKUP" for a backup; log: only where it was asked for."""

    id: str
    number: int
    kind: str
    source: str
    created: datetime | None
    finished: datetime | None
    succeeded: bool
    bytes: int
    total: int
    target: str = ""
    canceled: bool = False
    scheduled: bool = False
    log: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As Heroku's CLI calls it: b004, a004 for a scheduled one, r005, c006."""
        return f"{'a' if self.scheduled else LETTERS[self.kind]}{self.number:03}"


def door(stage: Stage, token: Secret) -> Client:
    """The client for the stage's data API; its requests carry the same token."""
    return Client(stage.data, token, flag=stage.flag)


def read(found: Json) -> Transfer:
    dumped, kept = found.get("from_type") == "pg_dump", found.get("to_type") == "gof3r"
    return Transfer(
        id=str(found["uuid"]),
        number=int(found["num"]),
        kind=BACKUP if dumped and kept else COPY if dumped else RESTORE,
        source=str(found.get("from_name") or ""),
        created=when(found.get("created_at")),
        finished=when(found.get("finished_at")),
        succeeded=bool(found.get("succeeded")),
        bytes=int(found.get("processed_bytes") or 0),
        total=int(found.get("source_bytes") or 0),
        target=str(found.get("to_name") or ""),
        canceled=bool(found.get("canceled_at")),
        scheduled=bool(found.get("schedule")),
        log=tuple(str(each.get("message") or "") for each in found.get("logs") or ()),
    )


def version(client: Client, addon: Addon) -> str:
    """The version that an add-on's server tells, such as 18.1; "" where it tells none."""
    path = f"/redis/v0/databases/{addon.name}" if addon.service == REDIS else f"/client/v11/databases/{addon.id}"
    rows = client.get(path).get("info") or ()
    told = {row.get("name"): row.get("values") or [""] for row in rows}
    return str((told.get("PG Version") or told.get("Version") or [""])[0])


def transfers(client: Client, app: str) -> tuple[Transfer, ...]:
    """All of an app, the newest first."""
    found = (read(each) for each in client.get(f"/client/v11/apps/{app}/transfers"))
    return tuple(sorted(found, key=lambda each: each.number, reverse=True))


def transfer(client: Client, app: str, which: str | int, *, verbose: bool = False) -> Transfer:
    """One by its id or number; verbose: with its log."""
    return read(client.get(f"/client/v11/apps/{app}/transfers/{which}{'?verbose=true' if verbose else ''}"))


def capture(client: Client, app: str, addon: Addon) -> Transfer:
    """Begin a backup of a database."""
    before = max((each.number for each in transfers(client, app)), default=0)
    return client.post(
        f"/client/v11/databases/{addon.id}/backups",
        {},
        found=lambda: _since(client, app, before, BACKUP),
        made=_begun(client, app),
    )


def restore(client: Client, app: str, addon: Addon, url: str) -> Transfer:
    """Begin to replace what is in a database by a dump that is to be had at a URL. What is in it is lost."""
    before = max((each.number for each in transfers(client, app)), default=0)
    return client.post(
        f"/client/v11/databases/{addon.id}/restores",
        {"backup_url": url},
        found=lambda: _since(client, app, before, RESTORE),
        made=_begun(client, app),
    )


def public_url(client: Client, app: str, number: int) -> str:
    """An address that a backup can be fetched from without a token, for a while: a secret."""
    return str(client.ask(f"/client/v11/apps/{app}/transfers/{number}/actions/public-url", {})["url"])


def cancel(client: Client, app: str, which: Transfer) -> None:
    """End what has not ended yet. Harmless to repeat."""
    client.ask(f"/client/v11/apps/{app}/transfers/{which.id}/actions/cancel", {})


def delete(client: Client, app: str, which: Transfer) -> None:
    """Throw a backup away, for good."""
    client.delete(f"/client/v11/apps/{app}/transfers/{which.number}")


def _since(client: Client, app: str, before: int, kind: str) -> Transfer | None:
    return next((each for each in transfers(client, app) if each.number > before and each.kind == kind), None)


def _begun(client: Client, app: str) -> Callable[[Json], Transfer]:
    """The answer to beginning one has little more than its uuid: the rest is asked for."""
    return lambda found: transfer(client, app, str(found["uuid"]))


def reset(client: Client, addon: Addon) -> None:
    """Empty a database; what is in it is lost."""
    client.put(f"/client/v11/databases/{addon.id}/reset", {})


def waiting(client: Client, addon: Addon) -> bool:
    """Whether a database is being made, or made anew."""
    return bool(client.get(f"/client/v11/databases/{addon.id}/wait_status").get("waiting?"))
