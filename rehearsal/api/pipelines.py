"""pipelines and their couplings."""

from __future__ import annotations

import re

from aiohttp import web

from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, find_app, identity, only, text, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import Coupling, Pipeline
from rehearsal.world import World

routes = web.RouteTableDef()

NAME = re.compile(r"^[a-z][a-z0-9-]{2,29}$")
STAGES = ("test", "review", "development", "staging", "production")


def _find(world: World, wanted: str) -> Pipeline:
    found = world.store.get(Pipeline, wanted) or world.store.one(Pipeline, name=wanted)
    if found is None:
        raise not_found("pipeline")
    return found


def _name(world: World, name: str) -> str:
    if not NAME.match(name):
        raise invalid("Name must start with a letter and can only contain lowercase letters, digits, and dashes.")
    if world.store.one(Pipeline, name=name) is not None:
        raise invalid(f"Name {name} is already taken")
    return name


@routes.post("/pipelines")
async def create(request: web.Request) -> web.Response:
    world, values = world_of(request), await body(request)
    only(values, "name", "owner", "generation")
    made = world.store.put(Pipeline(name=_name(world, text(values, "name"))))
    return answer(shapes.pipeline(world, made), 201)


@routes.get("/pipelines")
async def list_(request: web.Request) -> web.Response:
    """All of them; with ``?eq[name]=``, as the CLI asks for one by its name, that one."""
    world, name = world_of(request), request.query.get("eq[name]")
    found = [each for each in world.store.all(Pipeline) if name in (None, each.name)]
    return listing(request, found, lambda each: shapes.pipeline(world, each), by=("name", "id"))


@routes.get("/pipelines/{pipeline}")
async def info(request: web.Request) -> web.Response:
    world = world_of(request)
    return answer(shapes.pipeline(world, _find(world, request.match_info["pipeline"])))


@routes.patch("/pipelines/{pipeline}")
async def update(request: web.Request) -> web.Response:
    world, values = world_of(request), await body(request)
    found = _find(world, request.match_info["pipeline"])
    return answer(shapes.pipeline(world, world.store.change(found, name=_name(world, text(values, "name")))))


@routes.delete("/pipelines/{pipeline}")
async def delete(request: web.Request) -> web.Response:
    world = world_of(request)
    found = _find(world, request.match_info["pipeline"])
    for coupling in world.store.all(Coupling, pipeline_id=found.id):
        world.store.delete(coupling)
    world.store.delete(found)
    return answer(shapes.pipeline(world, found))


# --- couplings ------------------------------------------------------------------------------------------------------


def _stage(values: dict[str, object]) -> str:
    stage = str(values.get("stage") or "")
    if stage not in STAGES:
        raise invalid(f"Stage must be one of: {', '.join(STAGES)}.")
    return stage


@routes.post("/pipeline-couplings")
async def couple(request: web.Request) -> web.Response:
    world, values = world_of(request), await body(request)
    only(values, "app", "pipeline", "stage")
    app, pipeline = find_app(world, identity(values.get("app"))), _find(world, identity(values.get("pipeline")))
    if world.store.one(Coupling, app_id=app.id) is not None:
        raise invalid(f"App {app.name} is already in a pipeline.")
    made = world.store.put(Coupling(app_id=app.id, pipeline_id=pipeline.id, stage=_stage(values)))
    return answer(shapes.coupling(made), 201)


@routes.get("/pipeline-couplings")
@routes.get("/users/~/pipeline-couplings")
@routes.get("/pipelines/{pipeline}/pipeline-couplings")
async def couplings(request: web.Request) -> web.Response:
    world = world_of(request)
    found = world.store.all(Coupling)
    if "pipeline" in request.match_info:
        pipeline = _find(world, request.match_info["pipeline"])
        found = [each for each in found if each.pipeline_id == pipeline.id]
    return listing(request, found, shapes.coupling)


@routes.get("/apps/{app}/pipeline-couplings")
async def of_app(request: web.Request) -> web.Response:
    found = world_of(request).store.one(Coupling, app_id=app_of(request).id)
    if found is None:
        raise not_found("pipeline coupling")
    return answer(shapes.coupling(found))


def _coupling(request: web.Request) -> Coupling:
    found = world_of(request).store.get(Coupling, request.match_info["coupling"])
    if found is None:
        raise not_found("pipeline coupling")
    return found


@routes.get("/pipeline-couplings/{coupling}")
async def coupling_info(request: web.Request) -> web.Response:
    return answer(shapes.coupling(_coupling(request)))


@routes.patch("/pipeline-couplings/{coupling}")
async def coupling_update(request: web.Request) -> web.Response:
    stage = _stage(await body(request))
    return answer(shapes.coupling(world_of(request).store.change(_coupling(request), stage=stage)))


@routes.delete("/pipeline-couplings/{coupling}")
async def uncouple(request: web.Request) -> web.Response:
    found = _coupling(request)
    world_of(request).store.delete(found)
    return answer(shapes.coupling(found))
