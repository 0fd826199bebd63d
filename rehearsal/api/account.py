"""account, its rate limits, features and Eco hours: the one person there is."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from rehearsal.api.base import REMAINING, answer, body, only, variant, world_of
from rehearsal.api.errors import no_route, not_found
from rehearsal.catalogue import SINCE
from rehearsal.dynos.sleeping import ECO
from rehearsal.records import App
from rehearsal.world import World

routes = web.RouteTableDef()
HOUR = 3600


def _account(world: World) -> dict[str, Any]:
    return {
        "allow_tracking": False,
        "beta": False,
        "created_at": SINCE,
        "email": world.email,
        "federated": False,
        "id": world.account_id,
        "identity_provider": None,
        "last_login": SINCE,
        "name": world.store.note("name"),
        "sms_number": None,
        "suspended_at": None,
        "delinquent_at": None,
        "two_factor_authentication": False,
        "updated_at": SINCE,
        "verified": True,
        "country_of_residence": None,
        "default_organization": None,
        "default_team": None,
    }


@routes.get("/account")
@routes.get("/users/{user}")
async def info(request: web.Request) -> web.Response:
    world = world_of(request)
    if request.match_info.get("user", "~") not in ("~", world.email, world.account_id):
        raise not_found("user")
    return answer(_account(world))


@routes.patch("/account")
async def update(request: web.Request) -> web.Response:
    values = await body(request)
    only(values, "allow_tracking", "beta", "name")
    if values.get("name"):
        world_of(request).store.note("name", str(values["name"]))
    return answer(_account(world_of(request)))


@routes.get("/account/rate-limits")
async def rate_limits(request: web.Request) -> web.Response:
    return answer({"remaining": request[REMAINING]})


@routes.get("/accounts/{account}/actions/get-quota")
async def quota(request: web.Request) -> web.Response:
    """Seconds of Eco dynos. Not in schema.json: as the CLI reads it (src/commands/ps/index.ts), apps that used none left out."""
    world = world_of(request)
    if variant(request) != "account-quotas":
        raise no_route()
    if request.match_info["account"] != world.account_id:
        raise not_found("account")
    used = {
        app.id: round(sum(life.seconds for life in world.dynos.lives.of(app.id) if life.size == ECO))
        for app in world.store.all(App)
    }
    return answer({
        "account_quota": round(world.settings.eco_hours * HOUR),
        "quota_used": round(world.settings.eco_used * HOUR) + sum(used.values()),
        "apps": [{"app_uuid": app_id, "quota_used": seconds} for app_id, seconds in used.items() if seconds],
    })  # fmt: skip


@routes.get("/account/features")
async def features(_: web.Request) -> web.Response:
    return answer([])


@routes.get("/account/features/{feature}")
async def feature(_: web.Request) -> web.Response:
    raise not_found("feature")


@routes.get("/teams")
async def teams(_: web.Request) -> web.Response:
    return answer([])
