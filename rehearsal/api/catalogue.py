"""stacks, regions, dyno sizes, add-on services and plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from rehearsal import catalogue
from rehearsal.api import offers
from rehearsal.api.base import answer, app_of
from rehearsal.api.errors import not_found
from rehearsal.api.paging import listing
from rehearsal.dynos import contract

routes = web.RouteTableDef()


def _offered(
    path: str, every: Sequence[Any], find: Callable[[str], Any], shape: Callable[[Any], Any], *, what: str, by: tuple[str, ...]
) -> None:
    """Answer for all of a kind, and for one of them by its name or id."""

    @routes.get(path)
    async def list_(request: web.Request) -> web.Response:
        return listing(request, every, shape, by=by)

    @routes.get(f"{path}/{{wanted}}")
    async def info(request: web.Request) -> web.Response:
        if (found := find(request.match_info["wanted"])) is None:
            raise not_found(what)
        return answer(shape(found))


_offered("/stacks", catalogue.STACKS, catalogue.stack, offers.stack, what="stack", by=("name", "id"))
_offered("/regions", catalogue.REGIONS, catalogue.region, offers.region, what="region", by=("name", "id"))
_offered("/dyno-sizes", contract.SIZES, contract.size, offers.dyno_size, what="dyno size", by=("id", "name"))
_offered("/addon-services", catalogue.SERVICES, catalogue.service, offers.service, what="add-on service", by=("name", "id"))


@routes.get("/apps/{app}/available-stacks")
async def available_stacks(request: web.Request) -> web.Response:
    app_of(request)
    return listing(request, catalogue.STACKS, offers.stack, by=("name", "id"))


@routes.get("/apps/{app}/available-dyno-sizes")
async def available_dyno_sizes(request: web.Request) -> web.Response:
    app_of(request)
    return listing(request, contract.SIZES, offers.dyno_size, by=("id", "name"))


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
