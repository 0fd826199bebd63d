"""dynos: list, one-off dynos, restart, stop."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from rehearsal.api import formation, shapes
from rehearsal.api.base import answer, app_of, body, only, text, world_of
from rehearsal.api.errors import ApiError, invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.dynos import contract
from rehearsal.dynos.dyno import Dyno
from rehearsal.dynos.terminal import Terminal

routes = web.RouteTableDef()

LONGEST = 86_400


@routes.get("/apps/{app}/dynos")
async def list_(request: web.Request) -> web.Response:
    dynos = list(world_of(request).dynos.of(app_of(request)).values())
    return listing(request, dynos, shapes.dyno, by=("name", "id"))


@routes.get("/apps/{app}/dynos/{dyno}")
async def info(request: web.Request) -> web.Response:
    return answer(shapes.dyno(_find(request)))


def _find(request: web.Request) -> Dyno:
    wanted = request.match_info["dyno"]
    for dyno in world_of(request).dynos.of(app_of(request)).values():
        if wanted in (dyno.name, dyno.id):
            return dyno
    raise not_found("dyno")


@routes.post("/apps/{app}/dynos")
async def create(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "attach", "command", "env", "force_no_tty", "size", "type", "time_to_live")
    command = text(values, "command")
    environ = _environ(values.get("env"))
    size = str(values.get("size") or "")
    if size and contract.size(size) is None:
        raise formation.no_such_size(size)
    limit = values.get("time_to_live")
    if limit is not None and not (isinstance(limit, int) and 1 <= limit <= LONGEST):
        raise invalid(f"time_to_live must be a number from 1 to {LONGEST}.")
    terminal = Terminal() if values.get("attach") else None
    if terminal is not None:
        terminal.columns, terminal.lines = _number(environ, "COLUMNS", 80), _number(environ, "LINES", 24)
    kind = str(values.get("type") or "run")
    try:
        dyno = await world.dynos.one_off(
            app, command, type_="run", image_of="web" if kind == "run" else kind, size=size, extra=environ,
            terminal=terminal, tty=not values.get("force_no_tty"), limit=limit,
        )  # fmt: skip
    except LookupError as error:
        raise ApiError(422, "invalid_params", "Cannot run a dyno: nothing was released yet.") from error
    if terminal is not None:
        dyno.attach_url = world.rendezvous.attach(terminal)
    world.logs.api(app.id, f"Starting process with command `{command}` by user {world.email}")
    return answer(shapes.dyno(dyno), 201)


def _environ(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid("env must be an object.")
    return {str(name): str(each) for name, each in value.items()}


def _number(environ: dict[str, str], name: str, default: int) -> int:
    value = environ.get(name, "")
    return int(value) if value.isdigit() and 0 < int(value) < 10_000 else default


@routes.delete("/apps/{app}/dynos")
@routes.delete("/apps/{app}/dynos/{dyno}")
@routes.delete("/apps/{app}/formations/{dyno}")
async def restart(request: web.Request) -> web.Response:
    world, app, name = world_of(request), app_of(request), request.match_info.get("dyno", "")
    if not await world.dynos.restart(app, name) and name:
        raise not_found("dyno")
    return answer({}, 202)


@routes.post("/apps/{app}/dynos/{dyno}/actions/stop")
@routes.post("/apps/{app}/formations/{dyno}/actions/stop")
async def stop(request: web.Request) -> web.Response:
    world, app, name = world_of(request), app_of(request), request.match_info["dyno"]
    if not await world.dynos.halt(app, name):
        raise not_found("dyno")
    return answer({}, 202)
