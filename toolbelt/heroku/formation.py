"""The formation: which process types there are, how many dynos of each, and which image each has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolbelt.heroku import releases
from toolbelt.heroku.client import DOCKER_RELEASES, Client, Json
from toolbelt.heroku.records import inner
from toolbelt.heroku.releases import Release


@dataclass(frozen=True)
class Row:
    """A process type of an app: how many dynos, of what size, running what."""

    type: str
    quantity: int
    size: str
    command: str


def read(found: Json) -> Row:
    size = inner(found, "dyno_size", "name") or str(found.get("size") or "")
    return Row(found["type"], int(found["quantity"]), size, str(found.get("command") or ""))


def every(client: Client, app: str) -> tuple[Row, ...]:
    return tuple(sorted((read(each) for each in client.pages(f"/apps/{app}/formation")), key=lambda row: row.type))


def release(client: Client, app: str, images: Mapping[str, str], *, before: Release | None) -> Release | None:
    """Release images, all process types in one call; None where Heroku saw nothing new in them.

    images: for each process type the digest of its image's config, ``sha256:…`` (not of its manifest: Heroku's
    CLI, src/commands/container/release.ts). before: the newest release until now.
    """
    updates = [{"type": name, "docker_image": digest} for name, digest in images.items()]
    client.patch(
        f"/apps/{app}/formation",
        {"updates": updates},
        accept=DOCKER_RELEASES,
        found=lambda: releases.since(client, app, before),
        made=lambda _answer: None,
    )
    return releases.since(client, app, before)


def scale(client: Client, app: str, wishes: Mapping[str, tuple[int, str]]) -> tuple[Row, ...]:
    """Set quantity and size (an empty one stays as it is) of process types, all in one call."""
    updates: list[dict[str, Any]] = []
    for name, (quantity, size) in wishes.items():
        updates.append({"type": name, "quantity": quantity} | ({"dyno_size": {"name": size}} if size else {}))

    def done() -> tuple[Row, ...] | None:
        rows = every(client, app)
        there = {row.type: (row.quantity, row.size.lower()) for row in rows}
        reached = all(
            (found := there.get(name)) is not None and found[0] == quantity and size.lower() in ("", found[1])
            for name, (quantity, size) in wishes.items()
        )
        return rows if reached else None

    return client.patch(
        f"/apps/{app}/formation",
        {"updates": updates},
        found=done,
        made=lambda answer: tuple(read(each) for each in answer),
    )
