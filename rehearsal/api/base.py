"""What every resource of the API uses: the world behind a request, bodies, answers, and finding an app."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from rehearsal.api.errors import bad_request, invalid, not_found
from rehearsal.records import App
from rehearsal.world import World

WORLD: web.AppKey[World] = web.AppKey("world", World)
REMAINING: web.RequestKey[int] = web.RequestKey("requests that may still be made", int)


def world_of(request: web.Request) -> World:
    return request.app[WORLD]


def variant(request: web.Request) -> str:
    """What stands behind ``version=3.`` in Accept: ``docker-releases``, ``sdk``, or nothing."""
    _, _, version = request.headers.get("Accept", "").partition("version=3")
    return version.partition(";")[0].partition(",")[0].strip().removeprefix(".")


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object in the request; {} if there is none."""
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise bad_request(f"Request body is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise bad_request("Request body must be a JSON object.")
    return value


def identity(value: Any) -> str:
    """An id or a name, given as such or in an object, as the schema allows in many places."""
    if isinstance(value, Mapping):
        value = value.get("id") or value.get("name") or value.get("email")
    return str(value or "")


def only(values: Mapping[str, Any], *known: str) -> None:
    """Raise the error for a parameter that the schema does not know."""
    for name in values:
        if name not in known:
            raise invalid(f"Unknown parameter: {name}")


def text(values: Mapping[str, Any], name: str) -> str:
    """A parameter that must be there and be a string."""
    value = values.get(name)
    if value is None:
        raise invalid(f"Require params: {name}.")
    if not isinstance(value, str):
        raise invalid(f"Parameter {name} must be a string.")
    return value


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer with its ETag."""
    raw = json.dumps(value).encode()
    tag = f'"{hashlib.sha256(raw).hexdigest()[:32]}"'
    return web.Response(
        body=raw, status=status, content_type="application/json", charset="utf-8", headers={"ETag": tag, **(headers or {})}
    )


def app_of(request: web.Request, name: str | None = None) -> App:
    """The app that the address names, by name or id."""
    wanted = name if name is not None else request.match_info["app"]
    return find_app(world_of(request), wanted)


def find_app(world: World, wanted: str) -> App:
    app = world.store.get(App, wanted) or world.store.one(App, name=wanted)
    if app is None:
        raise not_found("app")
    return app
