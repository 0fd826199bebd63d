"""How the router speaks to a dyno: headers both ways, bodies as they come, upgrades byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict

from rehearsal.dynos.lives import Life

# RFC 9110, 7.6.1, and what only the router may say.
HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade")
)
ROUTER = frozenset(("x-forwarded-proto", "x-forwarded-port", "x-request-start", "expect"))
GIVEN_ID = re.compile(r"^[A-Za-z0-9-]{20,200}$")
VIA = "1.1 heroku-router"
CHUNK = 64 * 1024


@dataclass
class Passage:
    """One request on its way: what the log line needs, and when something last moved.

    chosen: when a dyno was; what the request waited for one to start is no part of connect and service.
    """

    request: web.Request
    request_id: str
    began: float = field(default_factory=time.monotonic)
    chosen: float | None = None
    connected: float | None = None
    moved: float = field(default_factory=time.monotonic)
    sent: int = 0
    status: int = 503
    dyno: str = ""
    life: Life | None = None
    first: bool = False

    @classmethod
    def of(cls, request: web.Request) -> Passage:
        given = request.headers.get("X-Request-Id", "")
        return cls(request, given if GIVEN_ID.match(given) else str(uuid.uuid4()))

    def touch(self) -> None:
        self.moved = time.monotonic()

    @property
    def service(self) -> int:
        """Milliseconds since its dyno was reached."""
        return int((time.monotonic() - (self.connected or self.chosen or self.began)) * 1000)

    def line(self, code: str = "", desc: str = "", *, at: str = "", sock: str = "") -> str:
        """The router's log line, in the order of Router 2.0."""
        request = self.request
        began = self.chosen or self.began
        connect = int(((self.connected or began) - began) * 1000)
        error = f'at={at or "error"} code={code} desc="{desc}" ' if code else "at=info "
        times = f"connect={connect}ms service={self.service}ms" if self.dyno else "connect= service="
        return (
            f'{error}method={request.method} path="{request.raw_path}" host={request.host} request_id={self.request_id} '
            f'fwd="{request.remote}" dyno={self.dyno} {times} status={self.status} '
            f"bytes={self.sent if self.dyno else ''} protocol=http1.1 tls=false tls_version=unknown"
            + (f" sock={sock}" if sock else "")
        )


def upgrade_of(request: web.Request) -> str:
    """The protocol that the client wants to change to; h2c is not passed on, as every server may ignore it."""
    wanted = request.headers.get("Upgrade", "")
    asked = "upgrade" in request.headers.get("Connection", "").lower()
    return wanted if asked and wanted.lower() != "h2c" else ""


def to_dyno(passage: Passage) -> CIMultiDict[str]:
    """The request's headers as the dyno gets them.

    Heroku's router ends TLS; ours has none. The dyno is told what it would be told on Heroku (https, port 443):
    otherwise every site with SECURE_SSL_REDIRECT would redirect for ever. For the same reason Origin and Referer say
    https, as a browser's would there, or CSRF checks would refuse every form.
    """
    request = passage.request
    named = {word.strip().lower() for word in request.headers.get("Connection", "").split(",")}
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in request.headers.items():
        if name.lower() not in HOP | ROUTER | (named - {"close", "keep-alive"}):
            headers.add(name, value)
    for name in ("Origin", "Referer"):
        own = f"http://{request.host}"
        if headers.get(name, "") == own or headers.get(name, "").startswith(f"{own}/"):
            headers[name] = f"https://{headers[name].removeprefix('http://')}"
    before = request.headers.get("X-Forwarded-For")
    headers["X-Forwarded-For"] = f"{before}, {request.remote}" if before else str(request.remote)
    headers["X-Forwarded-Proto"] = "https"
    headers["X-Forwarded-Port"] = "443"
    headers["X-Request-Id"] = passage.request_id
    headers["X-Request-Start"] = str(int(time.time() * 1000))
    via = request.headers.get("Via")
    headers["Via"] = f"{via}, {VIA}" if via else VIA
    return headers


def to_client(passage: Passage, headers: Mapping[str, str]) -> CIMultiDict[str]:
    """The dyno's headers as the client gets them; redirects to https come back to where we are."""
    answer: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        if name.lower() not in HOP:
            answer.add(name, value)
    own = f"https://{passage.request.host}"
    location = answer.get("Location", "")
    if location == own or location.startswith(f"{own}/"):
        answer["Location"] = f"http://{location.removeprefix('https://')}"
    answer["Via"] = f"{answer['Via']}, {VIA}" if "Via" in answer else VIA
    answer.setdefault("Server", "Heroku")
    return answer


async def body(passage: Passage) -> AsyncIterator[bytes]:
    """The request's body as it comes."""
    async for chunk in passage.request.content.iter_any():
        passage.touch()
        yield chunk
    passage.touch()


class Incoming:
    """What a client sends after its upgrade, taken from the HTTP server and written to the dyno."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.ended = asyncio.Event()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._writer.write(data)
        return False, b""

    def feed_eof(self) -> None:
        self.ended.set()
        with contextlib.suppress(OSError, RuntimeError):
            if self._writer.can_write_eof():
                self._writer.write_eof()


async def upgrade(passage: Passage, wanted: str, address: tuple[str, int], *, first_byte: float) -> None:
    """Pass an upgrade through: heads first, then bytes both ways until one side has enough.

    Raises OSError or TimeoutError while the client has not been answered; the connection is used up afterwards.
    """
    request = passage.request
    reader, writer = await asyncio.open_connection(*address)
    passage.connected = time.monotonic()
    transport = request.transport
    assert transport is not None
    try:
        headers = to_dyno(passage)
        headers["Connection"], headers["Upgrade"] = "Upgrade", wanted
        head = f"{request.method} {request.raw_path} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"{head}\r\n".encode("utf-8", "surrogateescape"))
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), first_byte)
        passage.status = int(answer.split(b" ", 2)[1])
        if passage.status != 101:
            await _refused(passage, answer, reader, transport)
            return
        transport.write(answer)
        incoming = Incoming(writer)
        request.protocol.set_parser(incoming)  # type: ignore[arg-type]
        while data := await reader.read(CHUNK):
            passage.sent += len(data)
            if transport.is_closing():
                break
            transport.write(data)
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the dyno closed the connection") from error
    finally:
        writer.close()
        if passage.status != 503:
            transport.close()


async def _refused(passage: Passage, head: bytes, reader: asyncio.StreamReader, transport: asyncio.Transport) -> None:
    """The dyno answers something else than 101: that is passed on, and the connection closed."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"keep-alive:"))]
    transport.write(b"\r\n".join([*lines[:-2], b"Connection: close", b"", b""]))
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    left = int(length[1]) if length else None
    while left is None or left > 0:
        data = await asyncio.wait_for(reader.read(CHUNK), 55)
        if not data:
            break
        passage.sent += len(data)
        left = None if left is None else left - len(data)
        transport.write(data)
        if length is None and data.endswith(b"0\r\n\r\n"):
            break
