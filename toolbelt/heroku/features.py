"""Features that are switched on app by app (Heroku Labs)."""

from __future__ import annotations

from collections.abc import Mapping

from toolbelt.heroku.client import Client

# Without the first a dyno does not know its release, without the second a slug does not know its commit
# (https://devcenter.heroku.com/articles/dyno-metadata).
METADATA = ("runtime-dyno-metadata", "runtime-dyno-build-metadata")


def every(client: Client, app: str) -> dict[str, bool]:
    """All features that there are, and whether each is on."""
    return {each["name"]: bool(each["enabled"]) for each in client.pages(f"/apps/{app}/features")}


def missing(there: Mapping[str, bool], names: tuple[str, ...] = METADATA) -> tuple[str, ...]:
    """Which of these features there are and are off."""
    return tuple(name for name in names if there.get(name) is False)


def enabled(client: Client, app: str) -> frozenset[str]:
    """All features that are on."""
    return frozenset(str(each["name"]) for each in client.pages(f"/apps/{app}/features") if each["enabled"])


def disabled(client: Client, app: str, names: tuple[str, ...] = METADATA) -> tuple[str, ...]:
    return missing(every(client, app), names)


def enable(client: Client, app: str, name: str) -> None:
    _switch(client, app, name, on=True)


def disable(client: Client, app: str, name: str) -> None:
    _switch(client, app, name, on=False)


def _switch(client: Client, app: str, name: str, *, on: bool) -> None:
    def done() -> bool | None:
        return True if every(client, app).get(name) is on else None

    client.patch(f"/apps/{app}/features/{name}", {"enabled": on}, found=done, made=lambda _answer: True)
