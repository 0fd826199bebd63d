"""What api.data.heroku.com tells of databases: whether one is there yet, what it is, and who may go there.

Undocumented at Heroku; the paths are those the CLI asks for (pg:info, pg:wait, pg:credentials, redis:info, redis:cli).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from rehearsal.addons.server import connections
from rehearsal.api import addons
from rehearsal.api.base import answer, world_of
from rehearsal.api.errors import ApiError
from rehearsal.api.transfers import both
from rehearsal.records import Addon

routes = web.RouteTableDef()


def _find(request: web.Request, service: str) -> Addon:
    addon = addons.find(world_of(request), request.match_info["addon"])
    if addon.service != service:
        raise ApiError(404, "not_found", "Couldn't find that database.")
    return addon


@both(routes.get, "/client/v11/databases/{addon}/wait_status")
async def wait_status(request: web.Request) -> web.Response:
    addon = _find(request, "heroku-postgresql")
    waiting = addon.state != "provisioned"
    return answer({"waiting?": waiting, "message": "preparing" if waiting else "available", "error?": False})


@both(routes.get, "/client/v11/databases/{addon}")
async def database(request: web.Request) -> web.Response:
    world, addon = world_of(request), _find(request, "heroku-postgresql")
    if addon.state != "provisioned":
        raise ApiError(404, "not_found", "The database is not there yet.")
    found = await world.addons.postgres(addon).facts()
    told = {
        "Plan": addon.plan.partition(":")[2].replace("-", " ").title(),
        "Status": "Available",
        "Connections": f"{found.connections}/{connections(addon.plan)}",
        "PG Version": found.version,
        "Created": addon.created_at,
        "Data Size": f"{found.size / 1024**2:.2f} MB",
        "Tables": str(found.tables),
        "Fork/Follow": "Unsupported",
        "Rollback": "Unsupported",
        "Continuous Protection": "Off",
    }
    return answer(
        {
            "addon_id": addon.id,
            "name": addon.name,
            "plan": addon.plan,
            "database_name": addon.server["database"],
            "database_user": addon.server["user"],
            "resource_url": addon.server["url"],
            "created_at": addon.created_at,
            "num_bytes": found.size,
            "waiting?": False,
            "info": [{"name": name, "values": [value]} for name, value in told.items()],
        }
    )


@both(routes.get, "/postgres/v0/databases/{addon}/credentials")
async def credentials(request: web.Request) -> web.Response:
    return answer([_credential(_find(request, "heroku-postgresql"))])


@both(routes.get, "/postgres/v0/databases/{addon}/credentials/{name}")
async def credential(request: web.Request) -> web.Response:
    if request.match_info["name"] != "default":
        raise ApiError(404, "not_found", "Couldn't find that credential.")
    return answer(_credential(_find(request, "heroku-postgresql")))


def _credential(addon: Addon) -> dict[str, Any]:
    """The only one there is: plans of the Essential tier have no others."""
    if addon.state != "provisioned":
        raise ApiError(404, "not_found", "The database is not there yet.")
    url = urlsplit(str(addon.server["url"]))
    one = {"user": url.username, "password": url.password, "state": "active"}
    where = {"database": url.path.strip("/"), "host": url.hostname, "port": url.port}
    return {"uuid": addon.id, "name": "default", "state": "active", "credentials": [one], **where}


@both(routes.get, "/redis/v0/databases/{addon}")
async def key_value_store(request: web.Request) -> web.Response:
    addon = _find(request, "heroku-redis")
    return answer(
        {
            "name": addon.name,
            "plan": addon.plan.partition(":")[2],
            "created_at": addon.created_at,
            "prefer_native_tls": True,
            "resource_url": addon.server.get("url"),
            "formation": {"id": addon.id, "primary": None},
            "metaas_source": None,
            "port": 0,
            "info": [
                {"name": "Status", "values": ["available" if addon.state == "provisioned" else "preparing"]},
                {"name": "Version", "values": [str(addon.server.get("version", "9"))]},
            ],
        }
    )
