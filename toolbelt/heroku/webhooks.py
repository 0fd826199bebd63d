"""App webhooks: who is to be told of what happens to an app. Making one makes no release and restarts nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import when
from toolbelt.heroku.refusals import NotFound


@dataclass(frozen=True)
class Webhook:
    """A subscription. include: entities such as api:release; level: notify (told once) or sync (until it is heard)."""

    id: str
    url: str
    include: tuple[str, ...]
    level: str
    created: datetime | None


def read(found: Json) -> Webhook:
    return Webhook(
        id=found["id"],
        url=found["url"],
        include=tuple(found.get("include") or ()),
        level=found.get("level") or "",
        created=when(found.get("created_at")),
    )


def every(client: Client, app: str) -> tuple[Webhook, ...]:
    """All of an app, the oldest first."""
    found = (read(each) for each in client.get(f"/apps/{app}/webhooks"))
    return tuple(sorted(found, key=lambda each: (each.created.timestamp() if each.created else 0.0, each.id)))


def create(client: Client, app: str, url: str, *, include: tuple[str, ...], level: str = "notify") -> Webhook:
    """Subscribe an address that has no subscription yet."""
    body = {"url": url, "include": list(include), "level": level}

    def found() -> Webhook | None:
        return next((each for each in every(client, app) if each.url == url), None)

    return client.post(f"/apps/{app}/webhooks", body, found=found, made=read)


def update(client: Client, app: str, webhook_id: str, *, url: str) -> Webhook:
    """Send what there is to tell somewhere else."""

    def found() -> Webhook | None:
        return next((each for each in every(client, app) if (each.id, each.url) == (webhook_id, url)), None)

    return client.patch(f"/apps/{app}/webhooks/{webhook_id}", {"url": url}, found=found, made=read)


def delete(client: Client, app: str, webhook_id: str) -> None:
    """Remove one; one that is gone already is fine."""
    with suppress(NotFound):
        client.delete(f"/apps/{app}/webhooks/{webhook_id}")
