"""Add-ons: what an app has, and giving it another."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from toolbelt.errors import ToolbeltError
from toolbelt.heroku import attachments
from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import inner


@dataclass(frozen=True)
class Addon:
    """An add-on. state: provisioning, provisioned or deprovisioned; service: heroku-postgresql and the like; message: its
    provider's, on its provisioning."""

    id: str
    name: str
    service: str
    plan: str
    state: str
    config_vars: tuple[str, ...]
    message: str = ""


class Failed(ToolbeltError):
    """It could not be provisioned."""


def failure(addon: Addon, *, flag: str) -> Failed:
    """The error for an add-on that is not there, nor on its way."""
    return Failed(
        f"{addon.name} is {addon.state}: {addon.plan} could not be provisioned",
        finding=addon.message,
        todo=f"./inv addons.destroy {addon.name}{flag}, and create it again",
    )


def read(found: Json) -> Addon:
    return Addon(
        id=found["id"],
        name=found["name"],
        service=inner(found, "addon_service", "name"),
        plan=inner(found, "plan", "name"),
        state=found["state"],
        config_vars=tuple(found.get("config_vars") or ()),
        message=str(found.get("provision_message") or ""),
    )


def every(client: Client, app: str) -> tuple[Addon, ...]:
    return tuple(sorted((read(each) for each in client.pages(f"/apps/{app}/addons")), key=lambda each: each.name))


def create(
    client: Client,
    app: str,
    plan: str,
    *,
    attachment: str = "",
    name: str = "",
    options: Mapping[str, str] | None = None,
    there: Collection[str] = (),
) -> Addon:
    """Add an add-on. attachment: the name in the app, which the caller has looked is free; name: its own; options: of its
    provider's; there: ids of those that the app had before, so that none of them is taken for the new one."""
    service = plan.partition(":")[0]

    def found() -> Addon | None:
        ids = {each.addon_id for each in attachments.every(client, app) if attachment in ("", each.name)}
        new = [each for each in every(client, app) if each.service == service and each.id in ids and each.id not in there]
        return next(iter(new), None)

    body: dict[str, Any] = {"plan": plan} | ({"attachment": {"name": attachment}} if attachment else {})
    body |= ({"name": name} if name else {}) | ({"config": dict(options)} if options else {})
    return client.post(f"/apps/{app}/addons", body, found=found, made=read)


def wait(client: Client, app: str, addon: Addon, *, patience: float = 600, now: Callable[[], float] = time.monotonic) -> Addon:
    """Wait until an add-on is provisioned; Failed if it is not to be, another ToolbeltError if it takes too long."""
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
        raise failure(addon, flag=client.flag)
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
