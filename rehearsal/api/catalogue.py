"""stacks, regions, dyno sizes, add-on services and plans."""

from __future__ import annotations

from aiohttp import web

from rehearsal import catalogue
from rehearsal.api import offers
from rehearsal.api.base import answer, app_of
from rehearsal.api.errors import not_found
from rehearsal.api.paging import listing
from rehearsal.dynos import contract

routes = web.RouteTableDef()


@routes.get("/stacks")
async def stacks(request: web.Request) -> web.Response:
    return listing(request, catalogue.STACKS, offers.stack, by=("name", "id"))


@routes.get("/stacks/{stack}")
async def stack(request: web.Request) -> web.Response:
    if (found := catalogue.stack(request.match_info["stack"])) is None:
        raise not_found("stack")
    return answer(offers.stack(found))


@routes.get("/apps/{app}/available-stacks")
async def available_stacks(request: web.Request) -> web.Response:
    app_of(request)
    return listing(request, catalogue.STACKS, offers.stack, by=("name", "id"))


@routes.get("/regions")
async def regions(request: web.Request) -> web.Response:
    return listing(request, catalogue.REGIONS, offers.region, by=("name", "id"))


@routes.get("/regions/{region}")
async def region(request: web.Request) -> web.Response:
    if (found := catalogue.region(request.match_info["region"])) is None:
        raise not_found("region")
    return answer(offers.region(found))


@routes.get("/dyno-sizes")
async def dyno_sizes(request: web.Request) -> web.Response:
    return listing(request, contract.SIZES, offers.dyno_size, by=("id", "name"))


@routes.get("/dyno-sizes/{size}")
async def dyno_size(request: web.Request) -> web.Response:
    if (found := contract.size(request.match_info["size"])) is None:
        raise not_found("dyno size")
    return answer(offers.dyno_size(found))


@routes.get("/apps/{app}/available-dyno-sizes")
async def available_dyno_sizes(request: web.Request) -> web.Response:
    app_of(request)
    return listing(request, contract.SIZES, offers.dyno_size, by=("id", "name"))


@routes.get("/addon-services")
async def services(request: web.Request) -> web.Response:
    return listing(request, catalogue.SERVICES, offers.service, by=("name", "id"))


@routes.get("/addon-services/{service}")
async def service(request: web.Request) -> web.Response:
    if (found := catalogue.service(request.match_info["service"])) is None:
        raise not_found("add-on service")
    return answer(offers.service(found))


@routes.get("/addon-services/{service}/plans")
async def plans(request: web.Request) -> web.Response:
    if (found := catalogue.service(request.match_info["service"])) is None:
        raise not_found("add-on service")
    return answer([offers.plan(each) for each in catalogue.PLANS if each.service == found.name])


@routes.get("/addon-services/{service}/plans/{plan}")
@routes.get("/plans/{plan}")
async def plan(request: web.Request) -> web.Response:
    wanted = request.match_info["plan"]
    service = request.match_info.get("service", "")
    found = catalogue.plan(wanted) or catalogue.plan(f"{service}:{wanted}")
    if found is None:
        raise not_found("plan")
    return answer(offers.plan(found))
