"""builds: create from a source, list, info, cancel; the build cache; which buildpacks an app has."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from rehearsal import sources
from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, only, world_of
from rehearsal.api.errors import conflict, invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import Build

routes = web.RouteTableDef()


@routes.post("/apps/{app}/builds")
async def create(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "buildpacks", "source_blob", "normalize_caps")
    source = values.get("source_blob")
    if not isinstance(source, dict) or not isinstance(source.get("url"), str):
        raise invalid("Require params: source_blob.")
    only(source, "checksum", "url", "version", "version_description")
    buildpacks = [str(each.get("url") or each.get("name")) for each in values.get("buildpacks") or []]
    if world.building.pending(app) is not None:
        raise conflict("There is a build in progress for this app: one at a time.")
    url, checksum = source["url"], source.get("checksum")

    async def fetch(path: Path) -> Path:
        return await sources.tarball(world, url, checksum=checksum, into=path)

    build = world.building.begin(app, source, fetch, buildpacks or app.buildpacks)
    return answer(shapes.build(world, build), 201)


@routes.get("/apps/{app}/builds")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    builds = world.store.all(Build, app_id=app.id)
    return listing(request, builds, lambda each: shapes.build(world, each), by=("created_at", "id"))


def _find(request: web.Request) -> Build:
    found = world_of(request).store.get(Build, request.match_info["build"])
    if found is None or found.app_id != app_of(request).id:
        raise not_found("build")
    return found


@routes.get("/apps/{app}/builds/{build}")
async def info(request: web.Request) -> web.Response:
    return answer(shapes.build(world_of(request), _find(request)))


@routes.delete("/apps/{app}/builds/{build}")
async def cancel(request: web.Request) -> web.Response:
    world = world_of(request)
    return answer(shapes.build(world, await world.building.cancel(_find(request))), 202)


@routes.delete("/apps/{app}/build-cache")
async def delete_cache(request: web.Request) -> web.Response:
    await world_of(request).builder.forget(app_of(request))
    return web.Response(status=204)


@routes.get("/apps/{app}/buildpack-installations")
async def buildpacks(request: web.Request) -> web.Response:
    names = app_of(request).buildpacks
    shown = [{"buildpack": {"name": name, "url": name}, "ordinal": number} for number, name in enumerate(names)]
    return answer(shown)


@routes.put("/apps/{app}/buildpack-installations")
async def set_buildpacks(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    wanted = values.get("updates")
    if not isinstance(wanted, list):
        raise invalid("Require params: updates.")
    names = tuple(str(each.get("buildpack")) for each in wanted)
    app = world.store.change(app, buildpacks=names)
    shown = [{"buildpack": {"name": name, "url": name}, "ordinal": number} for number, name in enumerate(names)]
    return answer(shown)
