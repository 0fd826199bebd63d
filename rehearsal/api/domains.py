"""domains: hostnames by which the router finds an app, beside its own."""

from __future__ import annotations

import re
import time

from aiohttp import web

from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, only, text, world_of
from rehearsal.api.errors import ApiError, invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import Domain

routes = web.RouteTableDef()

HOSTNAME = re.compile(r"^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$")


def _find(request: web.Request) -> Domain:
    wanted = request.match_info["domain"].lower()
    for domain in world_of(request).store.all(Domain, app_id=app_of(request).id):
        if wanted in (domain.id, domain.hostname):
            return domain
    raise not_found("domain")


@routes.post("/apps/{app}/domains")
async def create(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "hostname", "sni_endpoint")
    hostname = text(values, "hostname").lower()
    if "sni_endpoint" not in values:
        raise invalid("Require params: sni_endpoint.")
    if not HOSTNAME.match(hostname):
        raise ApiError(422, "invalid_params", f"Domain name {hostname} is invalid.")
    if (taken := world.store.one(Domain, hostname=hostname)) is not None:
        what = "already added to this app" if taken.app_id == app.id else "currently in use by another app"
        raise ApiError(422, "invalid_params", f"{hostname} is {what}.")
    world.logs.api(app.id, f"Add {hostname} domain by user {world.email}")
    made = world.store.put(Domain(app_id=app.id, hostname=hostname, asked=time.time() if app.acm else 0.0))
    return answer(shapes.domain(world, made), 201)


@routes.get("/apps/{app}/domains")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    domains = world.store.all(Domain, app_id=app.id)
    return listing(request, domains, lambda each: shapes.domain(world, each), by=("hostname", "id"))


@routes.get("/apps/{app}/domains/{domain}")
@routes.patch("/apps/{app}/domains/{domain}")
async def info(request: web.Request) -> web.Response:
    return answer(shapes.domain(world_of(request), _find(request)))


@routes.delete("/apps/{app}/domains/{domain}")
async def delete(request: web.Request) -> web.Response:
    world, found = world_of(request), _find(request)
    if found.kind == "heroku":
        raise ApiError(403, "forbidden", "The app's own domain cannot be removed.")
    world.store.delete(found)
    world.logs.api(found.app_id, f"Remove {found.hostname} domain by user {world.email}")
    return answer(shapes.domain(world, found))
