"""addon-attachments: an add-on under a name in an app, as a config var."""

from __future__ import annotations

from aiohttp import web

from rehearsal.api import addons, shapes
from rehearsal.api.base import answer, app_of, body, find_app, identity, only, text, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import App, Attachment
from rehearsal.world import World

routes = web.RouteTableDef()


def _find(world: World, wanted: str, app: App | None = None) -> Attachment:
    for each in world.store.all(Attachment):
        if app is None and wanted == each.id:
            return each
        if app is not None and each.app_id == app.id and wanted in (each.id, each.name):
            return each
    raise not_found("attachment")


@routes.post("/addon-attachments")
async def create(request: web.Request) -> web.Response:
    world, values = world_of(request), await body(request)
    only(values, "addon", "app", "confirm", "name", "namespace", "namespace_config")
    addon = addons.find(world, identity(values.get("addon") or text(values, "addon")))
    app = find_app(world, identity(values.get("app") or text(values, "app")))
    name = str(values.get("name") or "")
    if name and not addons.ATTACHMENT.match(name):
        raise invalid("Attachment name must be of capital letters, digits and underscores.")
    taken = world.store.one(Attachment, app_id=app.id, name=name) if name else None
    if taken is not None:
        if values.get("confirm") != app.name:
            raise addons.confirmation(f"An attachment {name} exists already.")
        await world.addons.detach(app, taken, release=False)
    made = await world.addons.attach(app, addon, name, namespace=values.get("namespace"))
    return answer(shapes.attachment(world, made), 201)


@routes.get("/addon-attachments")
@routes.get("/addons/{addon}/addon-attachments")
@routes.get("/apps/{app}/addon-attachments")
async def list_(request: web.Request) -> web.Response:
    world = world_of(request)
    found = world.store.all(Attachment)
    if "app" in request.match_info:
        app = app_of(request)
        found = [each for each in found if each.app_id == app.id]
    if "addon" in request.match_info:
        addon = addons.find(world, request.match_info["addon"])
        found = [each for each in found if each.addon_id == addon.id]
    return listing(request, found, lambda each: _included(request, world, each), by=("id", "name"))


def _included(request: web.Request, world: World, each: Attachment) -> shapes.Shape:
    """The attachment with what Accept-Inclusion asks for: the add-on's plan and config vars (the CLI does)."""
    shape = shapes.attachment(world, each)
    wanted = request.headers.get("Accept-Inclusion", "")
    whole = shapes.addon(world, addons.find(world, each.addon_id))
    if "addon:plan" in wanted:
        shape["addon"]["plan"] = whole["plan"]
    if "config_vars" in wanted:
        shape["config_vars"] = [f"{each.name}_URL"]
    return shape


@routes.get("/addon-attachments/{attachment}")
@routes.get("/apps/{app}/addon-attachments/{attachment}")
async def info(request: web.Request) -> web.Response:
    world = world_of(request)
    app = app_of(request) if "app" in request.match_info else None
    return answer(_included(request, world, _find(world, request.match_info["attachment"], app)))


@routes.delete("/addon-attachments/{attachment}")
async def delete(request: web.Request) -> web.Response:
    world = world_of(request)
    found = _find(world, request.match_info["attachment"])
    app = world.store.get(App, found.app_id)
    if app is None:
        raise not_found("app")
    if len(world.store.all(Attachment, addon_id=found.addon_id)) == 1:
        raise invalid("Cannot destroy last attachment of an add-on: destroy the add-on.")
    shape = shapes.attachment(world, found)
    await world.addons.detach(app, found)
    return answer(shape)


@routes.post("/actions/addon-attachments/resolve")
async def resolve(request: web.Request) -> web.Response:
    """Attachments by name, config var or id, or by the name of their add-on; of one app, or of all."""
    world, values = world_of(request), await body(request)
    wanted = identity(values.get("addon_attachment"))
    app = find_app(world, identity(values["app"])) if values.get("app") else None
    service = identity(values.get("addon_service"))
    found = []
    for each in world.store.all(Attachment):
        addon = addons.find(world, each.addon_id)
        names = {each.id, each.name, f"{each.name}_URL", addon.name, addon.id}
        if app is not None:
            names |= {f"{app.name}::{each.name}", f"{app.name}::{each.name}_URL"}
        if wanted in names and service in ("", addon.service) and (app is None or each.app_id == app.id):
            found.append(each)
    exact = [each for each in found if wanted in (each.name, f"{each.name}_URL", each.id)]
    if not found:
        raise not_found("attachment")
    return answer([_included(request, world, each) for each in exact or found])
