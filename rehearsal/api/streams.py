"""Output streams of builds and release phases, resumed by Range or Last-Event-Id where they were cut."""

from __future__ import annotations

import re

from aiohttp import web

from rehearsal.api.base import world_of
from rehearsal.api.errors import ApiError, not_found
from rehearsal.streams import OutputStream
from rehearsal.world import World

routes = web.RouteTableDef()

BYTES = re.compile(r"^bytes=(\d+)-(\d*)$")


class Cut:
    """Where a test asked this connection to be cut; nowhere, as a rule."""

    def __init__(self, world: World) -> None:
        wanted = world.faults.take("stream_cut")
        self.left: int | None = int(wanted) if wanted is not None else None


async def send(request: web.Request, response: web.StreamResponse, chunk: bytes, cut: Cut) -> None:
    """Send bytes; cuts the connection, without a proper end, where that was asked for."""
    if cut.left is not None and len(chunk) > cut.left:
        await response.write(chunk[: cut.left])
        if request.transport is not None:
            request.transport.close()
        raise ConnectionResetError("cut, as a test asked for")
    if cut.left is not None:
        cut.left -= len(chunk)
    await response.write(chunk)


@routes.get("/streams/{stream}")
async def read(request: web.Request) -> web.StreamResponse:
    """404 until there is something to read, as on Heroku; then bytes as they come, to the end."""
    world = world_of(request)
    identity = request.match_info["stream"]
    if not re.fullmatch(r"[0-9a-f-]{36}", identity) or not (stream := world.streams.get(identity)).visible:
        raise not_found("stream")
    if "text/event-stream" in request.headers.get("Accept", ""):
        return await _events(request, world, stream)
    offset, response = 0, web.StreamResponse()
    if (header := request.headers.get("Range")) is not None:
        match = BYTES.match(header)
        if match is None:
            raise ApiError(416, "requested_range_not_satisfiable", "Range must be bytes=N-.")
        offset = int(match[1])
        if offset > stream.size or (offset == stream.size and stream.closed):
            raise ApiError(416, "requested_range_not_satisfiable", "There is nothing there.")
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {offset}-{max(offset, stream.size - 1)}/*"
    response.content_type, response.charset = "text/plain", "utf-8"
    await response.prepare(request)
    cut = Cut(world)
    async for chunk in stream.read(offset, idle=world.settings.heartbeat):
        # A null character keeps the connection open while nothing is printed; clients are told to pass over it.
        await send(request, response, chunk or b"\x00", cut)
    await response.write_eof()
    return response


async def _events(request: web.Request, world: World, stream: OutputStream) -> web.StreamResponse:
    """As events of whole lines; the id of an event is the number of bytes up to its end."""
    last = request.headers.get("Last-Event-Id", "")
    offset = int(last) if re.fullmatch(r"\d{1,15}", last) else 0
    response = web.StreamResponse()
    response.content_type, response.charset = "text/event-stream", "utf-8"
    await response.prepare(request)
    cut, rest = Cut(world), b""
    async for chunk in stream.read(offset, idle=world.settings.heartbeat):
        lines, newline, rest = (rest + chunk).rpartition(b"\n")
        offset += len(lines + newline)
        if lines + newline or not chunk:
            await send(request, response, _event(lines + newline, offset), cut)
    if rest:
        await send(request, response, _event(rest, offset + len(rest)), cut)
    await send(request, response, b"event: eof\ndata: \n\n", cut)
    await response.write_eof()
    return response


def _event(text: bytes, offset: int) -> bytes:
    """One event; without a text the comment that keeps a quiet connection open."""
    if not text:
        return b": \n\n"
    return b"id: %d\n%s\n" % (offset, b"".join(b"data: %s\n" % line for line in text.split(b"\n")))
