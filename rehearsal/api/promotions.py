"""pipeline-promotions: the slug that one app of a pipeline runs becomes a release of others in it."""

from __future__ import annotations

import logging

from aiohttp import web

from rehearsal.api import shapes
from rehearsal.api.base import answer, body, find_app, identity, only, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import App, Coupling, Pipeline, Promotion, PromotionTarget, Release, Slug
from rehearsal.world import World

routes = web.RouteTableDef()
log = logging.getLogger("rehearsal")


def _app(world: World, pipeline: Pipeline, given: object, where: str) -> App:
    """An app that is named in the request, and is in the pipeline."""
    if not isinstance(given, dict) or not identity(given.get("app")):
        raise invalid(f"Require params: {where}.")
    app = find_app(world, identity(given["app"]))
    if world.store.one(Coupling, app_id=app.id, pipeline_id=pipeline.id) is None:
        raise invalid(f"App {app.name} is not in the pipeline {pipeline.name}.")
    # https://devcenter.heroku.com/articles/container-registry-and-runtime#known-issues-and-limitations
    if "container" in (app.stack, app.build_stack):
        raise invalid(f"Pipeline promotions are not supported on apps of the container stack: {app.name}.")
    return app


def _release(world: World, app: App, given: object) -> tuple[Release, Slug]:
    """What is promoted: the release that is named, otherwise the current one."""
    if wanted := identity(given):
        release = next((each for each in world.releases.of(app) if each.id == wanted), None)
        if release is None:
            raise not_found("release")
    else:
        release = world.releases.current(app)
    slug = world.store.get(Slug, release.slug_id) if release is not None and release.slug_id else None
    if release is None or slug is None or release.status != "succeeded":
        raise invalid(f"App {app.name} has no release to promote.")
    return release, slug


@routes.post("/pipeline-promotions")
async def create(request: web.Request) -> web.Response:
    """Answers at once; the releases are made in the background, and each may have a release phase of its own."""
    world, values = world_of(request), await body(request)
    only(values, "pipeline", "source", "targets")
    pipeline = world.store.get(Pipeline, identity(values.get("pipeline")))
    if pipeline is None:
        raise not_found("pipeline")
    source, targets = values.get("source"), values.get("targets")
    app = _app(world, pipeline, source, "source")
    if not isinstance(targets, list) or not targets:
        raise invalid("Require params: targets.")
    to = [_app(world, pipeline, each, "targets") for each in targets]
    if app in to:
        raise invalid(f"App {app.name} cannot be promoted to itself.")
    assert isinstance(source, dict)
    release, slug = _release(world, app, source.get("release"))
    made = world.store.put(Promotion(pipeline_id=pipeline.id, app_id=app.id, release_id=release.id))
    waiting = [world.store.put(PromotionTarget(promotion_id=made.id, app_id=each.id)) for each in to]
    description = f"Promote {app.name} v{release.version} {(slug.commit or slug.id)[:8]}"
    world.spawn(_promote(world, waiting, description, slug), name=f"promotion of {app.name} v{release.version}")
    return answer(shapes.promotion(world, made), 201)


async def _promote(world: World, targets: list[PromotionTarget], description: str, slug: Slug) -> None:
    for target in targets:
        if (app := world.store.get(App, target.app_id)) is None:
            world.store.change(target, error="Couldn't find that app.")
            continue
        try:
            release = await world.releases.create(app, description, slug=slug)
        except Exception:
            log.exception("nothing was promoted to %s", app.name)
            world.store.change(target, error="Internal server error.")
        else:
            world.store.change(target, release_id=release.id)


def _find(request: web.Request) -> Promotion:
    found = world_of(request).store.get(Promotion, request.match_info["promotion"])
    if found is None:
        raise not_found("pipeline promotion")
    return found


@routes.get("/pipeline-promotions/{promotion}")
async def info(request: web.Request) -> web.Response:
    return answer(shapes.promotion(world_of(request), _find(request)))


@routes.get("/pipeline-promotions/{promotion}/promotion-targets")
async def targets(request: web.Request) -> web.Response:
    world = world_of(request)
    found = world.store.all(PromotionTarget, promotion_id=_find(request).id)
    return listing(request, found, lambda each: shapes.promotion_target(world, each), by=("id",))
