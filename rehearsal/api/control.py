"""/_rehearsal: the rehearsal's own, for tests and for `./inv rehearse`; Heroku has nothing like it."""

from __future__ import annotations

from aiohttp import web

from rehearsal.api.base import answer, body, world_of
from rehearsal.api.errors import invalid

routes = web.RouteTableDef()


@routes.get("/_rehearsal/faults")
async def faults(request: web.Request) -> web.Response:
    return answer(world_of(request).faults.state())


@routes.post("/_rehearsal/faults")
async def ask(request: web.Request) -> web.Response:
    """See rehearsal/faults.py for what can be asked for."""
    world = world_of(request)
    try:
        world.faults.ask(await body(request))
    except (ValueError, TypeError) as error:
        raise invalid(str(error)) from error
    return answer(world.faults.state(), 201)
