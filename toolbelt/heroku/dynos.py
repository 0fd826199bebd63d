"""Dynos: what runs, of which release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import when


@dataclass(frozen=True)
class Dyno:
    """A dyno. state: starting, up, idle, crashed or down; since: when it came to be in it."""

    name: str
    type: str
    state: str
    size: str
    command: str
    version: int
    since: datetime | None


def read(found: Json) -> Dyno:
    return Dyno(
        name=found["name"],
        type=found["type"],
        state=found["state"],
        size=str(found.get("size") or ""),
        command=str(found.get("command") or ""),
        version=int((found.get("release") or {}).get("version") or 0),
        since=when(found.get("updated_at")),
    )


def every(client: Client, app: str) -> tuple[Dyno, ...]:
    return tuple(sorted((read(each) for each in client.pages(f"/apps/{app}/dynos")), key=lambda dyno: dyno.name))
