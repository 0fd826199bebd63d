"""App features: preboot, dyno metadata and the like."""

from __future__ import annotations

from aiohttp import web

from rehearsal import catalogue
from rehearsal.api import offers, shapes
from rehearsal.api.base import answer, app_of, body, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.catalogue import Offer, fixed_id
from rehearsal.dynos import contract
from rehearsal.records import App, Feature, Formation
from rehearsal.world import World

routes = web.RouteTableDef()


def _shape(world: World, app: App, offer: Offer) -> shapes.Shape:
    return offers.feature(offer, world.store.one(Feature, app_id=app.id, name=offer.name))


def _find(request: web.Request) -> Offer:
    wanted = request.match_info["feature"]
    for offer in catalogue.FEATURES:
        if wanted in (offer.name, fixed_id("feature", offer.name)):
            return offer
    raise not_found("app feature")


@routes.get("/apps/{app}/features")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    return listing(request, catalogue.FEATURES, lambda offer: _shape(world, app, offer), by=("name", "id"))


@routes.get("/apps/{app}/features/{feature}")
async def info(request: web.Request) -> web.Response:
    return answer(_shape(world_of(request), app_of(request), _find(request)))


@routes.patch("/apps/{app}/features/{feature}")
async def update(request: web.Request) -> web.Response:
    world, app, offer, values = world_of(request), app_of(request), _find(request), await body(request)
    enabled = values.get("enabled")
    if not isinstance(enabled, bool):
        raise invalid("Require params: enabled.")
    if enabled and offer.name == "preboot":
        web_dynos = world.store.one(Formation, app_id=app.id, type="web")
        # Only Standard and Performance dynos have it [https://devcenter.heroku.com/articles/preboot]; Heroku's words for
        # the refusal are not known here, nor whether an app without web dynos is refused.
        size = contract.size(web_dynos.size) if web_dynos is not None else None
        if size is not None and size.tier != contract.PROFESSIONAL:
            raise invalid(f"Preboot is not available on {size.name} dynos.")
    record = world.store.one(Feature, app_id=app.id, name=offer.name)
    if record is None:
        world.store.put(Feature(app_id=app.id, name=offer.name, enabled=enabled))
    else:
        world.store.change(record, enabled=enabled)
    world.logs.api(app.id, f"{'Enable' if enabled else 'Disable'} {offer.name} feature by user {world.email}")
    return answer(_shape(world, app, offer))
