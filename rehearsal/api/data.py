"""The little of api.data.heroku.com that deploying needs: whether a database is there yet.

Undocumented at Heroku; the paths are those the CLI asks for (pg:info, pg:wait, redis:info).
"""

from __future__ import annotations

from aiohttp import web

from rehearsal.api import addons
from rehearsal.api.base import answer, world_of
from rehearsal.api.errors import ApiError
from rehearsal.records import Addon

routes = web.RouteTableDef()


def _find(request: web.Request, service: str) -> Addon:
    addon = addons.find(world_of(request), request.match_info["addon"])
    if addon.service != service:
        raise ApiError(404, "not_found", "Couldn't find that database.")
    return addon


@routes.get("/data/client/v11/databases/{addon}/wait_status")
@routes.get("/client/v11/databases/{addon}/wait_status")
async def wait_status(request: web.Request) -> web.Response:
    addon = _find(request, "heroku-postgresql")
    waiting = addon.state != "provisioned"
    return answer({"waiting?": waiting, "message": "preparing" if waiting else "available", "error?": False})


@routes.get("/data/client/v11/databases/{addon}")
@routes.get("/client/v11/databases/{addon}")
async def database(request: web.Request) -> web.Response:
    addon = _find(request, "heroku-postgresql")
    if addon.state != "provisioned":
        raise ApiError(404, "not_found", "The database is not there yet.")
    facts = {"Plan": addon.plan.partition(":")[2], "Status": "Available", "PG Version": addon.server.get("version", "18")}
    return answer(
        {
            "name": addon.name,
            "plan": addon.plan,
            "resource_url": "",
            "created_at": addon.created_at,
            "info": [{"name": name, "values": [value]} for name, value in facts.items()],
        }
    )


@routes.get("/data/redis/v0/databases/{addon}")
@routes.get("/redis/v0/databases/{addon}")
async def key_value_store(request: web.Request) -> web.Response:
    addon = _find(request, "heroku-redis")
    return answer(
        {
            "name": addon.name,
            "plan": addon.plan,
            "created_at": addon.created_at,
            "formation": {"id": addon.id, "primary": None},
            "metaas_source": None,
            "port": 0,
            "info": [
                {"name": "Status", "values": ["available" if addon.state == "provisioned" else "preparing"]},
                {"name": "Version", "values": [str(addon.server.get("version", "9"))]},
            ],
        }
    )
