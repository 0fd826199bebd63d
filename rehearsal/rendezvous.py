"""Rendezvous: where `heroku run` and the one-off dyno it started meet, over TLS.

The client connects, sends ``<secret>\\r\\n``, reads the line ``rendezvous``, and from then on bytes go both ways
(heroku/cli, src/lib/run/dyno.ts). Each address serves one connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import ssl
from typing import TYPE_CHECKING

from rehearsal.certificate import self_signed
from rehearsal.dynos.terminal import Terminal

if TYPE_CHECKING:
    from rehearsal.world import World

log = logging.getLogger("rehearsal")

IDLE = 3600.0  # https://devcenter.heroku.com/articles/one-off-dynos#timeout
HELLO = 10.0


class Rendezvous:
    """The server, and who is expected at it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.port = 0
        self._expected: dict[str, Terminal] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self_signed(self.world.home / "tls", "rendezvous"))
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def attach(self, terminal: Terminal) -> str:
        """The address at which somebody may take this terminal, once. It is told to nobody but who asked for the dyno."""
        secret = secrets.token_urlsafe(32)
        self._expected[secret] = terminal
        return f"rendezvous://127.0.0.1:{self.port}/{secret}"

    def forget(self, terminal: Terminal) -> None:
        """Nobody came for this terminal, and nobody may any more."""
        for secret in [each for each, expected in self._expected.items() if expected is terminal]:
            del self._expected[secret]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            line = await asyncio.wait_for(reader.readline(), HELLO)
            terminal = self._expected.pop(line.decode("ascii", errors="replace").strip(), None)
            if terminal is not None:
                await self._serve(terminal, reader, writer)
        except (OSError, TimeoutError, ValueError):
            pass  # a client that says nothing, too much, or goes away
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), 2.0)
            self._open.discard(task)

    async def _serve(self, terminal: Terminal, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The CLI drops what arrives together with this line: it goes out alone, before the process starts.
        writer.write(b"rendezvous\r\n")
        await writer.drain()
        terminal.connected.set()
        incoming = asyncio.create_task(_to_process(terminal, reader))
        outgoing = asyncio.create_task(_to_client(terminal, writer))
        try:
            # TLS knows no half-closed connections: a client that ends its side is gone (the CLI sends Ctrl-D instead).
            await asyncio.wait([incoming, outgoing], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (incoming, outgoing):
                task.cancel()
            await asyncio.gather(incoming, outgoing, return_exceptions=True)
            terminal.hang_up()


async def _to_process(terminal: Terminal, reader: asyncio.StreamReader) -> None:
    while data := await reader.read(1 << 16):
        terminal.write(data)


async def _to_client(terminal: Terminal, writer: asyncio.StreamWriter) -> None:
    while data := await asyncio.wait_for(terminal.read(), IDLE):
        writer.write(data)
        await writer.drain()
