"""Attachments: the names under which an app has add-ons, its own and those of other apps."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client
from toolbelt.heroku.records import inner


@dataclass(frozen=True)
class Attachment:
    """A name such as DATABASE, which makes DATABASE_URL. addon: the name of what it leads to; owner: the app that pays for it."""

    name: str
    addon_id: str
    addon: str
    owner: str


def every(client: Client, app: str) -> tuple[Attachment, ...]:
    """Of an app, also those of add-ons that are still being provisioned and have no config var yet."""
    found = [
        Attachment(
            name=each["name"],
            addon_id=inner(each, "addon", "id"),
            addon=inner(each, "addon", "name"),
            owner=inner(each["addon"], "app", "name"),
        )
        for each in client.pages(f"/apps/{app}/addon-attachments")
    ]
    return tuple(sorted(found, key=lambda each: each.name))
