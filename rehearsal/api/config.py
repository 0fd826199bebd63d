"""config-vars: every change is a release, and restarts the dynos."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from rehearsal.api.base import answer, app_of, body, world_of
from rehearsal.api.errors import invalid
from rehearsal.api.releases import find
from rehearsal.records import Attachment

routes = web.RouteTableDef()

NAME = re.compile(r"^\w+$")
LIMIT = 64 * 1024  # all names and values together


@routes.get("/apps/{app}/config-vars")
async def info(request: web.Request) -> web.Response:
    return answer(world_of(request).releases.config(app_of(request)))


@routes.get("/apps/{app}/releases/{release}/config-vars")
async def of_release(request: web.Request) -> web.Response:
    return answer(dict(find(world_of(request), app_of(request), request.match_info["release"]).config))


@routes.patch("/apps/{app}/config-vars")
async def update(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    before = world.releases.config(app)
    attached = {f"{each.name}_URL" for each in world.store.all(Attachment, app_id=app.id)}
    for name, value in values.items():
        _check(name, value)
        if name in attached and value != before.get(name):
            what = "destroy" if value is None else "overwrite"
            raise invalid(f"Cannot {what} attachment values {name}.")
    after = {name: value for name, value in {**before, **values}.items() if value is not None}
    if sum(len(name) + len(value) for name, value in after.items()) > LIMIT:
        raise invalid("Config vars are too large: 64 KB for all of them.")
    if after != before:
        world.releases.set_config(app, after)
        await world.releases.create(app, _description(before, after))
    return answer(after)


def _check(name: str, value: Any) -> None:
    if not NAME.match(name):
        raise invalid(f"Config var name {name!r} is invalid.")
    if value is not None and not isinstance(value, str):
        raise invalid(f"Config var {name} must be a string.")


def _description(before: dict[str, str], after: dict[str, str]) -> str:
    set_ = [name for name in after if after[name] != before.get(name)]
    removed = [name for name in before if name not in after]
    parts = [f"{verb} {', '.join(names)}" for verb, names in (("Set", set_), ("Remove", removed)) if names]
    return " and ".join(parts).replace(" and Remove", " and remove") + " config vars"
