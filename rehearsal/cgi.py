"""CGI (RFC 3875): a request handed to a program, and what it prints handed back, both as they come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from aiohttp import web

CHUNK = 1 << 16


async def run(argv: Sequence[str], request: web.Request, *, environ: Mapping[str, str]) -> web.StreamResponse:
    """Start the program for one request; it ends with the client's connection at the latest."""
    process = await asyncio.create_subprocess_exec(
        *argv, env=dict(environ), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    feeding = asyncio.create_task(_feed(request, process))
    try:
        return await _answer(request, process)
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await feeding
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await process.wait()


async def _feed(request: web.Request, process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    try:
        async for chunk in request.content.iter_any():
            process.stdin.write(chunk)
            await process.stdin.drain()
    except ConnectionError:
        return  # it has read what it wanted
    finally:
        process.stdin.close()


async def _answer(request: web.Request, process: asyncio.subprocess.Process) -> web.StreamResponse:
    """CGI's output as an answer: headers, an empty line, and the body as it comes."""
    assert process.stdout is not None
    answer = web.StreamResponse()
    while line := (await process.stdout.readline()).strip().decode("latin-1"):
        name, _, value = line.partition(":")
        if name.lower() == "status":
            answer.set_status(int(value.split()[0]))
        else:
            answer.headers[name] = value.strip()
    await answer.prepare(request)
    while chunk := await process.stdout.read(1 << 16):
        await answer.write(chunk)
    await answer.write_eof()
    return answer
