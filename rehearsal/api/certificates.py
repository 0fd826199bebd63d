"""apps' certificates: automated certificate management, and the endpoint that it keeps."""

from __future__ import annotations

import time
from collections.abc import Sequence

from aiohttp import web

from rehearsal import certificates
from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, text, world_of
from rehearsal.api.errors import not_found
from rehearsal.catalogue import fixed_id
from rehearsal.records import App, Domain
from rehearsal.world import World

routes = web.RouteTableDef()


@routes.get("/apps/{app}/sni-endpoints")
async def endpoints(request: web.Request) -> web.Response:
    """The certificate of Heroku's own management, where one was issued; nobody can bring one: the router speaks HTTP only."""
    world, app = world_of(request), app_of(request)
    domains = [each for each in world.store.all(Domain, app_id=app.id) if _is_issued(world, each)]
    return answer([_shape(world, app, domains)] if domains else [])


@routes.post("/apps/{app}/acm")
@routes.patch("/apps/{app}/acm")
@routes.delete("/apps/{app}/acm")
async def manage(request: web.Request) -> web.Response:
    """Automated certificate management: on, anew for domains that have none yet, off."""
    world, app, on = world_of(request), app_of(request), request.method != "DELETE"
    for each in world.store.all(Domain, app_id=app.id, kind="custom"):
        if not on or not _is_issued(world, each):
            world.store.change(each, asked=time.time() if on else 0.0, held=())
    return answer(shapes.app(world, world.store.change(app, acm=on)))


@routes.post("/_rehearsal/apps/{app}/certificates")
async def hold(request: web.Request) -> web.Response:
    """What certificate management has come to with a domain: {"hostname": …, "status": "failed", "reason": …}.

    It stays so until the management is asked anew. Without a status, it goes its way again.
    """
    world, app, values = world_of(request), app_of(request), await body(request)
    found = world.store.one(Domain, app_id=app.id, hostname=text(values, "hostname"))
    if found is None:
        raise not_found("domain")
    status, reason = str(values.get("status") or ""), str(values.get("reason") or "")
    return answer(shapes.domain(world, world.store.change(found, held=(status, reason) if status else ())), 201)


def _is_issued(world: World, each: Domain) -> bool:
    return certificates.state(each, world.settings)[0] in certificates.ISSUED


def _shape(world: World, app: App, domains: Sequence[Domain]) -> shapes.Shape:
    """The one certificate that Heroku's management keeps for these domains of an app."""
    first, last = certificates.validity(domains)
    return certificates.endpoint(app.id) | {
        "app": shapes.app_of(world, app.id),
        "certificate_chain": certificates.CHAIN,
        "created_at": first,
        "display_name": None,
        "domains": [each.id for each in domains],
        "ssl_cert": {
            "acm": True,  # not in the schema; the CLI reads it
            "ca_signed?": True,
            "cert_domains": [each.hostname for each in domains],
            "expires_at": last,
            "id": fixed_id("certificate", app.id),
            "issuer": certificates.ISSUER,
            "self_signed?": False,
            "starts_at": first,
            "subject": f"/CN={domains[0].hostname}",
        },
        "updated_at": first,
    }
