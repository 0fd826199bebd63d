"""webhooks: who is to be told of what happens to an app. They are kept and shown; nothing is ever delivered."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, only, text, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import Webhook

routes = web.RouteTableDef()

PARAMETERS = ("authorization", "include", "level", "secret", "url")
LEVELS = ("notify", "sync")
# https://devcenter.heroku.com/articles/app-webhooks
ENTITIES = frozenset(
    f"api:{name}"
    for name in (
        "addon-attachment", "addon", "app", "build", "collaborator", "domain", "dyno", "formation", "release", "sni-endpoint",
    )
)  # fmt: skip


def _url(values: Mapping[str, Any]) -> str:
    url = text(values, "url")
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not set(url) & set(" \t\r\n")
    except ValueError:
        fine = False
    if not fine:
        raise invalid("Url is invalid.")
    return url


def _include(values: Mapping[str, Any]) -> tuple[str, ...]:
    include = values.get("include")
    if include is None:
        raise invalid("Require params: include.")
    if not isinstance(include, list) or not include or not all(isinstance(name, str) for name in include):
        raise invalid("Parameter include must be a list of strings.")
    for name in include:
        if name not in ENTITIES:
            raise invalid(f"Include {name} is not a known entity.")
    return tuple(dict.fromkeys(include))


def _level(values: Mapping[str, Any]) -> str:
    level = text(values, "level")
    if level not in LEVELS:
        raise invalid(f"Level must be one of: {', '.join(LEVELS)}.")
    return level


READ = {"url": _url, "include": _include, "level": _level}


def _find(request: web.Request) -> Webhook:
    found = world_of(request).store.get(Webhook, request.match_info["webhook"])
    if found is None or found.app_id != app_of(request).id:
        raise not_found("webhook")
    return found


@routes.post("/apps/{app}/webhooks")
async def create(request: web.Request) -> web.Response:
    """The secret is told once, in a header, and only where Heroku chose it (as heroku/cli's webhooks:add reads it)."""
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, *PARAMETERS)
    made = Webhook(app_id=app.id, include=_include(values), level=_level(values), url=_url(values))
    headers = {} if values.get("secret") else {"Heroku-Webhook-Secret": secrets.token_hex(30)}
    return answer(shapes.webhook(world, world.store.put(made)), 201, headers)


@routes.get("/apps/{app}/webhooks")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    return listing(request, world.store.all(Webhook, app_id=app.id), lambda each: shapes.webhook(world, each))


@routes.get("/apps/{app}/webhooks/{webhook}")
async def info(request: web.Request) -> web.Response:
    return answer(shapes.webhook(world_of(request), _find(request)))


@routes.patch("/apps/{app}/webhooks/{webhook}")
async def update(request: web.Request) -> web.Response:
    world, found, values = world_of(request), _find(request), await body(request)
    only(values, *PARAMETERS)
    changes = {name: read(values) for name, read in READ.items() if name in values}
    return answer(shapes.webhook(world, world.store.change(found, **changes)))


@routes.delete("/apps/{app}/webhooks/{webhook}")
async def delete(request: web.Request) -> web.Response:
    world, found = world_of(request), _find(request)
    world.store.delete(found)
    return answer(shapes.webhook(world, found))
