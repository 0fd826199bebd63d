"""TLS to a Postgres server, for programs that were built without it: the embedded pg_dump, pg_restore and psql.

Postgres negotiates before it speaks TLS: an SSLRequest is answered with one byte, S for yes
(https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL). Programs connect to a port of this machine that
lives as long as the tunnel; the password still goes by the protocol itself, inside TLS.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from toolbelt.data.database import Database
from toolbelt.errors import ToolbeltError

SSL_REQUEST = struct.pack("!II", 8, 80877103)
CHUNK = 1 << 16
CONNECT = 15.0  # seconds
LOOPBACK = "127.0.0.1"
# A message of the server's: its kind, and its length without the kind. The first is how to sign in, unless it first says which
# version of the protocol it knows (https://www.postgresql.org/docs/current/protocol-message-formats.html).
HEAD = struct.Struct("!cI")
SIGN_IN, AGREES = b"R", b"v"
# Within TLS it offers to bind the sign-in to the channel. libpq takes that for a fraud where it speaks no TLS itself.
BOUND = b"SCRAM-SHA-256-PLUS\0"


class Unanswered(ToolbeltError):
    """The database server cannot be reached, or does not speak TLS."""


@contextmanager
def reached(database: Database, *, told: Callable[[int], None] = lambda _count: None) -> Iterator[Database]:
    """The database at an address that any program can speak to; told: of bytes that came from the server.

    Raises Unanswered at once where the server does not answer.
    """
    if not database.tls:
        yield database
        return
    loop = asyncio.new_event_loop()
    tunnel = _Tunnel(database, told)
    thread = threading.Thread(target=loop.run_forever, name="tunnel", daemon=True)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(tunnel.open(), loop).result()
        yield database.at(LOOPBACK, port)
    finally:
        asyncio.run_coroutine_threadsafe(tunnel.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Tunnel:
    """Takes connections on this machine and passes their bytes on, both ways."""

    def __init__(self, database: Database, told: Callable[[int], None]) -> None:
        self._database, self._told = database, told
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Listen, once it is sure that the server answers; the port."""
        _, writer = await self._connect()
        writer.close()
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect and agree on TLS. Heroku's certificates are signed by nobody one could ask, so that they are not
        verified (sslmode=require, as its own documents have it)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            async with asyncio.timeout(CONNECT):
                reader, writer = await asyncio.open_connection(self._database.host, self._database.port)
                writer.write(SSL_REQUEST)
                if await reader.readexactly(1) != b"S":
                    raise Unanswered("The database server does not speak TLS", finding=self._database.shown)
                await writer.start_tls(context, server_hostname=self._database.host)
        except (OSError, EOFError) as error:  # a TimeoutError is an OSError
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise Unanswered(
                "The database server does not answer",
                finding=f"{self._database.shown}: {reason}",
                todo="Does this network let its port out? Is the database there? ./inv addons tells",
            ) from None
        return reader, writer

    async def _accept(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        far = None
        try:
            far_reader, far = await self._connect()
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(near_reader, far, lambda _count: None))
                both.create_task(_answers(far_reader, near, self._told))
        except (*QUIET, ToolbeltError, asyncio.CancelledError):
            # The program that connected tells what it misses; a cancelled task would be reported by asyncio itself.
            return
        finally:
            self._open.discard(task)
            for writer in (near, far):
                if writer is not None:
                    writer.close()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: Callable[[int], None]) -> None:
    """What the server says, with its first message made such as a server without TLS would send it."""
    with suppress(*QUIET):
        kind = AGREES
        while kind == AGREES:
            head = await reader.readexactly(HEAD.size)
            kind, length = HEAD.unpack(head)
            body = await reader.readexactly(length - 4) if 4 <= length <= CHUNK else b""
            if kind == SIGN_IN and BOUND in body:
                body = body.replace(BOUND, b"")
                head = HEAD.pack(kind, len(body) + 4)
            writer.write(head + body)
    await _pump(reader, writer, told)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, told: Callable[[int], None]) -> None:
    """Bytes from one to the other; at the end of either both are closed."""
    with suppress(*QUIET):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
            told(len(data))
    writer.close()


QUIET = (OSError, EOFError, ssl.SSLError)
