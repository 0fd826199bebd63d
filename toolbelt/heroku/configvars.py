"""Config vars: their values are secrets, whatever they are."""

from __future__ import annotations

from collections.abc import Mapping

from toolbelt.heroku.client import Client
from toolbelt.secret import Secret


def every(client: Client, app: str) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in client.get(f"/apps/{app}/config-vars").items()}


def change(client: Client, app: str, values: Mapping[str, Secret | None]) -> None:
    """Set config vars, and remove those that are None, all in one release."""

    def done() -> bool | None:
        there = every(client, app)
        return True if all(there.get(name) == value for name, value in values.items()) else None

    body = {name: value.reveal() if value is not None else None for name, value in values.items()}
    client.patch(f"/apps/{app}/config-vars", body, found=done, made=lambda _answer: True)
