"""Add-ons: what an app has, and giving it another."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toolbelt.errors import ToolbeltError
from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import inner


@dataclass(frozen=True)
class Addon:
    """An add-on. state: provisioning, provisioned or deprovisioned; service: heroku-postgresql and the like."""

    id: str
    name: str
    service: str
    plan: str
    state: str
    config_vars: tuple[str, ...]


def read(found: Json) -> Addon:
    return Addon(
        id=found["id"],
        name=found["name"],
        service=inner(found, "addon_service", "name"),
        plan=inner(found, "plan", "name"),
        state=found["state"],
        config_vars=tuple(found.get("config_vars") or ()),
    )


def every(client: Client, app: str) -> tuple[Addon, ...]:
    return tuple(sorted((read(each) for each in client.pages(f"/apps/{app}/addons")), key=lambda each: each.name))


def create(client: Client, app: str, plan: str, *, attachment: str = "", options: Mapping[str, str] | None = None) -> Addon:
    """Add an add-on; the caller has looked that the app has none of the service. options: of its provider's."""
    service = plan.partition(":")[0]

    def found() -> Addon | None:
        return next((each for each in every(client, app) if each.service == service), None)

    body: dict[str, Any] = {"plan": plan} | ({"attachment": {"name": attachment}} if attachment else {})
    body |= {"config": dict(options)} if options else {}
    return client.post(f"/apps/{app}/addons", body, found=found, made=read)


def wait(client: Client, app: str, addon: Addon, *, patience: float = 600, now: Callable[[], float] = time.monotonic) -> Addon:
    """Wait until an add-on is provisioned; ToolbeltError if it is not to be, or takes too long."""
    deadline = now() + patience
    while addon.state == "provisioning":
        if now() > deadline:
            raise ToolbeltError(
                f"{addon.name} is not provisioned after {patience:g} s",
                finding="Heroku goes on with it.",
                todo=f"./inv addons.wait {addon.name}{client.flag}",
            )
        client.sleep(2)
        addon = read(client.get(f"/apps/{app}/addons/{addon.name}"))
    if addon.state != "provisioned":
        raise ToolbeltError(
            f"{addon.name} is {addon.state}: Heroku could not provision it",
            todo=f"./inv addons.destroy {addon.name}{client.flag}, and create it again",
        )
    return addon


def change(client: Client, app: str, addon: str, plan: str) -> Addon:
    """Another plan of the same service."""

    def done() -> Addon | None:
        there = read(client.get(f"/apps/{app}/addons/{addon}"))
        return there if there.plan == plan else None

    return client.patch(f"/apps/{app}/addons/{addon}", {"plan": plan}, found=done, made=read)


def destroy(client: Client, app: str, addon: str) -> None:
    client.delete(f"/apps/{app}/addons/{addon}")


def plans(client: Client, service: str) -> tuple[str, ...]:
    """The plans of a service, as a person would name them."""
    return tuple(str(each["name"]) for each in client.pages(f"/addon-services/{service}/plans"))
