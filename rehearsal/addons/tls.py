"""TLS in front of servers that have none of their own: what the embedded Postgres and Valkey lack.

Postgres negotiates first (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL): the client
asks with an SSLRequest, and only then speaks TLS. Who does not ask is refused, with the message that Heroku's servers
answer with. A Key-Value Store speaks TLS from the first byte on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from pathlib import Path

from rehearsal.world import LOOPBACK

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
CHUNK = 64 * 1024
HELLO = 20.0  # seconds a client has for its first words


class Front:
    """A server on loopback that ends TLS and passes everything on to another port."""

    def __init__(self, certificate: tuple[Path, Path], *, postgres: bool) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._postgres = postgres
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._behind = 0

    async def start(self, port: int, behind: int) -> int:
        """Listen on the port, or on any if it is taken; returns which it is."""
        self._behind = behind
        context = None if self._postgres else self._context
        try:
            self._server = await asyncio.start_server(self._accept, LOOPBACK, port, ssl=context)
        except OSError:
            self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, ssl=context)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            first = b""
            if self._postgres:
                first = await asyncio.wait_for(self._negotiate(reader, writer), HELLO)
            await self._pass_on(reader, writer, first)
        except (OSError, EOFError, TimeoutError, ssl.SSLError):
            return  # the client went away, or is none
        finally:
            self._open.discard(task)
            writer.close()

    async def _negotiate(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Everything before the first message that the server is to see, which is returned."""
        encrypted = False
        while True:
            head = await reader.readexactly(8)
            length, code = struct.unpack("!II", head)
            if code == SSL_REQUEST and length == 8 and not encrypted:
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(self._context)
                encrypted = True
            elif code == GSS_REQUEST and length == 8:
                writer.write(b"N")
            elif encrypted or code == CANCEL_REQUEST:
                return head
            else:
                rest = await reader.readexactly(max(0, min(length, CHUNK) - 8))
                writer.write(_refusal(writer, rest))
                await writer.drain()
                raise EOFError("a client without TLS")

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, self._behind)
        inner_writer.write(first)
        ways = [asyncio.create_task(_pump(reader, inner_writer)), asyncio.create_task(_pump(inner_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            inner_writer.close()
            with contextlib.suppress(OSError):
                await inner_writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()


def _refusal(writer: asyncio.StreamWriter, startup: bytes) -> bytes:
    """An ErrorResponse, as Postgres answers a client that no line of pg_hba.conf lets in."""
    words = startup.split(b"\x00")
    told = dict(zip(words[::2], words[1::2], strict=False))
    user, database = told.get(b"user", b""), told.get(b"database", told.get(b"user", b""))
    host = str((writer.get_extra_info("peername") or ("",))[0]).encode()
    message = b'no pg_hba.conf entry for host "%s", user "%s", database "%s", no encryption' % (host, user, database)
    fields = b"SFATAL\x00VFATAL\x00C28000\x00M" + message + b"\x00\x00"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields
