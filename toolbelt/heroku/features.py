"""Features that are switched on app by app (Heroku Labs)."""

from __future__ import annotations

from toolbelt.heroku.client import Client

# Without the first a dyno does not know its release, without the second a slug does not know its commit
# (https://devcenter.heroku.com/articles/dyno-metadata).
METADATA = ("runtime-dyno-metadata", "runtime-dyno-build-metadata")


def disabled(client: Client, app: str, names: tuple[str, ...] = METADATA) -> tuple[str, ...]:
    """Which of these features there are and are off."""
    off = {each["name"] for each in client.pages(f"/apps/{app}/features") if not each["enabled"]}
    return tuple(name for name in names if name in off)


def enable(client: Client, app: str, name: str) -> None:
    def done() -> bool | None:
        return None if disabled(client, app, (name,)) else True

    client.patch(f"/apps/{app}/features/{name}", {"enabled": True}, found=done, made=lambda _answer: True)
