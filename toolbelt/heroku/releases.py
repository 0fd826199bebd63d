"""Releases: the newest, all of them, one by its version, and rolling back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import inner, when


@dataclass(frozen=True)
class Release:
    """A release. status: pending while its release phase runs, then succeeded or failed; expired ones are no longer
    there to roll back to."""

    id: str
    version: int
    status: str
    description: str
    user: str
    created: datetime | None
    current: bool
    eligible: bool
    slug: str
    output_url: str

    @property
    def name(self) -> str:
        return f"v{self.version}"


def read(found: Json) -> Release:
    return Release(
        id=found["id"],
        version=found["version"],
        status=found["status"],
        description=found.get("description") or "",
        user=inner(found, "user", "email"),
        created=when(found.get("created_at")),
        current=bool(found.get("current")),
        eligible=bool(found.get("eligible_for_rollback", True)),
        slug=inner(found, "slug", "id"),
        output_url=found.get("output_stream_url") or "",
    )


def every(client: Client, app: str, *, limit: int | None = None) -> Iterator[Release]:
    """Releases, the newest first."""
    found = client.pages(f"/apps/{app}/releases", field="version", order="desc", limit=limit)
    return (read(each) for each in found)


def newest(client: Client, app: str) -> Release | None:
    return next(every(client, app, limit=1), None)


def info(client: Client, app: str, which: str | int) -> Release:
    """By version or id."""
    return read(client.get(f"/apps/{app}/releases/{which}"))


def since(client: Client, app: str, before: Release | None) -> Release | None:
    """The newest release, if it is newer than ``before``."""
    found = newest(client, app)
    return found if found is not None and (before is None or found.version > before.version) else None


def running(client: Client, app: str) -> Release | None:
    """The newest release that succeeded: the one whose dynos run."""
    newer = itertools.islice(every(client, app, limit=50), 50)
    return next((each for each in newer if each.status == "succeeded"), None)


def rollback(client: Client, app: str, to: Release, *, before: Release) -> Release:
    """A new release with the code and config vars of an old one."""
    return client.post(f"/apps/{app}/releases", {"release": to.id}, found=lambda: since(client, app, before), made=read)
