"""apps: create, info, list, update, delete."""

from __future__ import annotations

import re
import secrets
from typing import Any

from aiohttp import web

from rehearsal import catalogue
from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, identity, only, variant, world_of
from rehearsal.api.errors import invalid
from rehearsal.api.paging import listing
from rehearsal.dynos.contract import size
from rehearsal.records import (
    Addon,
    App,
    Attachment,
    Build,
    Collaborator,
    ConfigVars,
    Coupling,
    Domain,
    Feature,
    Formation,
    Release,
    Slug,
    Webhook,
)
from rehearsal.world import World

routes = web.RouteTableDef()

NAME = re.compile(r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$")
WORDS = (("calm", "still", "misty", "polar", "quiet", "sharp"), ("basin", "cove", "fjord", "harbor", "meadow", "sands"))
OWNED: tuple[type[Any], ...] = (
    Attachment, Build, Collaborator, ConfigVars, Coupling, Domain, Feature, Formation, Release, Webhook,
)  # fmt: skip


def _check_name(world: World, name: str) -> str:
    if not NAME.match(name):
        raise invalid(
            "Name must start with a letter, end with a letter or digit and can only contain lowercase letters, "
            "digits, and dashes."
        )
    if world.store.one(App, name=name) is not None:
        raise invalid(f"Name {name} is already taken")
    return name


def _stack(value: Any) -> str:
    found = catalogue.stack(identity(value))
    if found is None:
        raise invalid("Stack is invalid")
    return found.name


@routes.post("/apps")
async def create(request: web.Request) -> web.Response:
    world, values = world_of(request), await body(request)
    only(values, "name", "region", "stack", "feature_flags", "locked", "personal", "space", "team", "organization")
    if values.get("space") or values.get("team"):
        raise invalid("This rehearsal has neither teams nor spaces.")
    name = values.get("name") or f"{secrets.choice(WORDS[0])}-{secrets.choice(WORDS[1])}-{10000 + secrets.randbelow(90000)}"
    _check_name(world, str(name))
    region = catalogue.region(identity(values.get("region") or "us"))
    if region is None:
        raise invalid("Region is invalid")
    default = next(each.name for each in catalogue.STACKS if each.default)
    stack = _stack(values["stack"]) if values.get("stack") else default
    app = world.store.put(App(name=str(name), stack=stack, build_stack=stack, region=region.name))
    world.store.put(Domain(app_id=app.id, hostname=f"{app.name}.localhost", kind="heroku"))
    for number, description in enumerate(("Initial release", "Enable Logplex"), start=1):
        world.store.put(Release(app_id=app.id, version=number, description=description))
        world.logs.api(app.id, f"{description} by user {world.email}")
        world.logs.api(app.id, f"Release v{number} created by user {world.email}")
    app = world.store.change(app, released_at=app.created_at)
    return answer(shapes.app(world, app), 201)


@routes.get("/apps")
@routes.get("/users/{user}/apps")
async def list_(request: web.Request) -> web.Response:
    world = world_of(request)
    by = ("name", "id", "updated_at")
    return listing(request, world.store.all(App), lambda app: shapes.app(world, app), by=by)


@routes.post("/filters/apps")
async def filtered(request: web.Request) -> web.Response:
    """Some of the apps, by id; `heroku pipelines:info` asks for them so."""
    world, values = world_of(request), await body(request)
    wanted = (values.get("in") or {}).get("id") or []
    apps = world.store.all(App, lambda app: app.id in wanted)
    shape = {"joined": True, "locked": False, "permissions": []}
    return listing(request, apps, lambda app: shapes.app(world, app) | shape, by=("id", "name", "updated_at"))


@routes.get("/apps/{app}")
async def info(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    shape = shapes.app(world, app)
    if variant(request) == "sdk":  # the CLI's own: it asks for the account's Eco hours where this says eco
        rows = sorted(world.store.all(Formation, app_id=app.id), key=lambda row: -row.quantity)
        tiers = [found.tier.lower() for row in rows if (found := size(row.size))]
        shape["process_tier"] = tiers[0] if tiers else None
    return answer(shape)


@routes.patch("/apps/{app}")
async def update(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "build_stack", "maintenance", "name")
    changes: dict[str, Any] = {}
    if values.get("name") and values["name"] != app.name:
        changes["name"] = _check_name(world, str(values["name"]))
        if (domain := world.store.one(Domain, app_id=app.id, kind="heroku")) is not None:
            world.store.change(domain, hostname=f"{changes['name']}.localhost")
    if "maintenance" in values:
        changes["maintenance"] = bool(values["maintenance"])
    if values.get("build_stack"):
        changes["build_stack"] = _stack(values["build_stack"])
        if world.releases.current(app) is None:  # nothing runs yet: it switches at once
            changes["stack"] = changes["build_stack"]
    return answer(shapes.app(world, world.store.change(app, **changes)))


@routes.delete("/apps/{app}")
async def delete(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    shape = shapes.app(world, app)
    world.store.delete(app)
    await world.releases.forget(app)
    await world.dynos.forget(app)
    for addon in world.store.all(Addon, app_id=app.id):
        await world.addons.destroy(addon)
    await world.releases.remove_images(world.releases.of(app))
    for slug in world.store.all(Slug, app_id=app.id):
        await world.releases.remove(slug)
    await world.builder.forget(app)
    await world.registry.forget(app)
    for kind in OWNED:
        for record in world.store.all(kind, app_id=app.id):
            world.store.delete(record)
    world.logs.forget(app.id)
    return answer(shape)
