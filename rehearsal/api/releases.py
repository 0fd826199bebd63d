"""releases and slugs: list, info, create from a slug, rollback."""

from __future__ import annotations

from aiohttp import web

from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, identity, only, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import App, Attachment, Release, Slug
from rehearsal.registry import ImageUnavailable
from rehearsal.world import World

routes = web.RouteTableDef()


def find(world: World, app: App, wanted: str) -> Release:
    """A release by id, by version (``42`` or ``v42``), or ``current``."""
    releases = world.releases.of(app)
    if wanted == "current":
        found = world.releases.newest_succeeded(app)
    else:
        number = wanted.removeprefix("v")
        found = next((each for each in releases if wanted == each.id or number == str(each.version)), None)
    if found is None:
        raise not_found("release")
    return found


@routes.get("/apps/{app}/releases")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    return listing(request, world.releases.of(app), lambda each: shapes.release(world, each), by=("version", "id"))


@routes.get("/apps/{app}/releases/{release}")
async def info(request: web.Request) -> web.Response:
    world = world_of(request)
    return answer(shapes.release(world, find(world, app_of(request), request.match_info["release"])))


@routes.post("/apps/{app}/releases")
async def create(request: web.Request) -> web.Response:
    """A rollback ({"release": id}), or a release of a slug ({"slug": id})."""
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "release", "slug", "description", "oci_image")
    if values.get("release"):
        made = await _rollback(world, app, find(world, app, identity(values["release"])))
    elif values.get("slug"):
        slug = world.store.get(Slug, identity(values["slug"]))
        if slug is None:
            raise not_found("slug")
        shown = (slug.commit or slug.id)[:8]
        made = await world.releases.create(app, str(values.get("description") or f"Deploy {shown}"), slug=slug)
    else:
        raise invalid("Require params: slug.")
    return answer(shapes.release(world, made), 201)


async def _rollback(world: World, app: App, old: Release) -> Release:
    """A new release with the code and the config vars of an old one; what add-ons have set stays as it is now."""
    if old.status != "succeeded" or not (old.slug_id or old.images):
        raise invalid(f"Cannot rollback to release v{old.version}: it has nothing that ran.")
    try:
        images = await world.releases.present(app, old.images)
    except ImageUnavailable as error:
        raise invalid(f"Cannot rollback to release v{old.version}: {error}") from error
    now = world.releases.config(app)
    attached = {f"{each.name}_URL" for each in world.store.all(Attachment, app_id=app.id)}
    config = {name: value for name, value in old.config.items() if name not in attached}
    world.releases.set_config(app, config | {name: now[name] for name in attached if name in now})
    description = f"Rollback to v{old.version}"
    if old.slug_id:
        slug = world.store.get(Slug, old.slug_id)
        if slug is None:
            raise invalid(f"Cannot rollback to release v{old.version}: its slug is gone.")
        return await world.releases.create(app, description, slug=slug)
    return await world.releases.create(app, description, images=images)


@routes.get("/apps/{app}/slugs/{slug}")
async def slug(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    found = world.store.get(Slug, request.match_info["slug"])
    promoted = found is not None and world.store.one(Release, app_id=app.id, slug_id=found.id) is not None
    if found is None or (found.app_id != app.id and not promoted):
        raise not_found("slug")
    return answer(shapes.slug(world, found))
