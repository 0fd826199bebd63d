"""addons: create with an attachment, list, info, change of plan, destroy, resolve."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from rehearsal import catalogue
from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, find_app, identity, only, text, world_of
from rehearsal.api.errors import ApiError, invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import Addon, App, Attachment
from rehearsal.world import World

routes = web.RouteTableDef()

NAME = re.compile(r"^[a-zA-Z][A-Za-z0-9_-]+$")
ATTACHMENT = re.compile(r"^[A-Z][A-Z0-9_]*$")


def find(world: World, wanted: str, app: App | None = None) -> Addon:
    """An add-on by name or id; if an app is given, one of that app."""
    for addon in world.store.all(Addon):
        if wanted in (addon.name, addon.id) and (app is None or addon.app_id == app.id):
            return addon
    raise not_found("add-on")


def plan_of(value: Any) -> catalogue.Plan:
    name = identity(value)
    found = catalogue.plan(name)
    if found is None:
        message = f'Couldn\'t find either the add-on service or the add-on plan of "{name}".'
        raise ApiError(422, "invalid_params", message)
    return found


@routes.post("/apps/{app}/addons")
async def create(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "attachment", "config", "confirm", "plan", "name")
    plan = plan_of(values.get("plan") or text(values, "plan"))
    name = values.get("name")
    if name is not None and (not NAME.match(str(name)) or world.store.one(Addon, name=name) is not None):
        raise invalid(f"Name {name} is already taken or no name for an add-on.")
    attachment = identity(values.get("attachment"))
    if attachment and not ATTACHMENT.match(attachment):
        raise invalid("Attachment name must be of capital letters, digits and underscores.")
    if attachment and values.get("confirm") != app.name and _taken(world, app, attachment):
        raise confirmation(f"Adding this add-on would overwrite existing vars {attachment}_URL.")
    config = {str(key): str(value) for key, value in dict(values.get("config") or {}).items()}
    addon = await world.addons.create(app, plan, name=name, attachment=attachment, config=config)
    return answer(shapes.addon(world, addon), 201)


def _taken(world: World, app: App, attachment: str) -> bool:
    return f"{attachment}_URL" in world.releases.config(app)


def confirmation(message: str) -> ApiError:
    """The error that is answered by the same request with ``confirm``."""
    return ApiError(423, "confirmation_required", message)


@routes.get("/addons")
@routes.get("/users/{user}/addons")
async def list_all(request: web.Request) -> web.Response:
    world = world_of(request)
    return listing(request, world.store.all(Addon), lambda each: shapes.addon(world, each), by=("id", "name"))


@routes.get("/apps/{app}/addons")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    addons = world.store.all(Addon, app_id=app.id)
    return listing(request, addons, lambda each: shapes.addon(world, each), by=("id", "name"))


@routes.get("/addons/{addon}")
@routes.get("/apps/{app}/addons/{addon}")
async def info(request: web.Request) -> web.Response:
    world = world_of(request)
    return answer(shapes.addon(world, find(world, request.match_info["addon"], _app(request))))


def _app(request: web.Request) -> App | None:
    return app_of(request) if "app" in request.match_info else None


@routes.patch("/apps/{app}/addons/{addon}")
async def update(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    addon, plan = find(world, request.match_info["addon"], app), plan_of(values.get("plan"))
    if plan.service != addon.service:
        raise invalid("Cannot change to a plan of another service.")
    addon = world.store.change(addon, plan=plan.full)
    if addon.service == "heroku-postgresql" and addon.state == "provisioned":
        await world.addons.postgres(addon).become(plan.full)
    await world.releases.create(app, f"Update {plan.full} add-on")
    return answer(shapes.addon(world, addon))


@routes.delete("/apps/{app}/addons/{addon}")
async def delete(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    addon = find(world, request.match_info["addon"], app)
    elsewhere = [each for each in world.store.all(Attachment, addon_id=addon.id) if each.app_id != app.id]
    force = values.get("force") or values.get("confirm") == app.name
    if elsewhere and not force:
        raise confirmation("This add-on is attached to other apps.")
    shape = shapes.addon(world, addon)
    attachments = world.store.all(Attachment, addon_id=addon.id)
    for attached in attachments:
        if (other := world.store.get(App, attached.app_id)) is not None:
            await world.addons.detach(other, attached)
    await world.addons.destroy(addon)
    return answer(shape | {"state": "deprovisioned"})


@routes.post("/actions/addons/resolve")
async def resolve(request: web.Request) -> web.Response:
    """Add-ons by name, id, service or attachment; of one app, or of all."""
    world, values = world_of(request), await body(request)
    wanted = identity(values.get("addon"))
    app = find_app(world, identity(values["app"])) if values.get("app") else None
    service = identity(values.get("addon_service"))
    found = []
    for addon in world.store.all(Addon):
        attached = [each for each in world.store.all(Attachment, addon_id=addon.id) if app is None or each.app_id == app.id]
        if app is not None and addon.app_id != app.id and not attached:
            continue
        names = {addon.id, addon.name, addon.service, addon.plan, *(each.name for each in attached)}
        names |= {f"{each.name}_URL" for each in attached}
        if app is None and wanted not in (addon.id, addon.name):
            continue
        if wanted in names and service in ("", addon.service):
            found.append(addon)
    if not found:
        raise not_found("add-on")
    return answer([shapes.addon(world, each) for each in found])
