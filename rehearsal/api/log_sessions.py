"""log-sessions: an address with a secret, read as text or as server-sent events."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from aiohttp import web

from rehearsal.api.base import answer, app_of, body, only, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.streams import Cut, send
from rehearsal.logs import Filter
from rehearsal.records import new_id, now

routes = web.RouteTableDef()

KEPT = 1000  # sessions that are remembered; the oldest are forgotten


@dataclass(frozen=True, kw_only=True)
class Session:
    app_id: str
    wanted: Filter
    lines: int
    tail: bool


SESSIONS: web.AppKey[dict[str, Session]] = web.AppKey("log sessions", dict)


@routes.post("/apps/{app}/log-sessions")
async def create(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "dyno_name", "dyno", "type", "lines", "source", "tail")
    lines = values.get("lines", 100)
    if lines is None:
        lines = 100
    if not isinstance(lines, int) or lines < 0:
        raise invalid("lines must be a number.")
    wanted = Filter(
        source=str(values.get("source") or ""),
        dyno=str(values.get("dyno_name") or values.get("dyno") or ""),
        type=str(values.get("type") or ""),
    )
    identity = f"{new_id()}-{secrets.token_urlsafe(16)}"
    sessions = request.app[SESSIONS]
    while len(sessions) >= KEPT:
        del sessions[next(iter(sessions))]
    lines = min(lines, world.settings.log_lines)
    sessions[identity] = Session(app_id=app.id, wanted=wanted, lines=lines, tail=bool(values.get("tail")))
    made = now()
    url = f"{world.base}/log-sessions/{identity}?srv={int(bool(values.get('tail')))}"
    return answer({"created_at": made, "id": identity[:36], "logplex_url": url, "updated_at": made}, 201)


@routes.get("/log-sessions/{session}")
async def read(request: web.Request) -> web.StreamResponse:
    """Lines as they are; as events, with their number as id, for who accepts text/event-stream."""
    world = world_of(request)
    session = request.app[SESSIONS].get(request.match_info["session"])
    if session is None:
        raise not_found("log session")
    events = "text/event-stream" in request.headers.get("Accept", "")
    after = request.headers.get("Last-Event-Id", "")
    response = web.StreamResponse()
    response.content_type = "text/event-stream" if events else "text/plain"
    response.charset = "utf-8"
    response.headers["Cache-Control"] = "no-store"
    await response.prepare(request)
    cut = Cut(world)
    number = int(after) if re.fullmatch(r"\d{1,15}", after) else 0
    lines = world.logs.session(session.app_id, session.wanted, lines=session.lines, tail=session.tail, after=number)
    async for line in lines:
        chunk = f"id: {line.number}\ndata: {line}\n\n" if events else f"{line}\n"
        await send(request, response, chunk.encode(), cut)
    await response.write_eof()
    return response
