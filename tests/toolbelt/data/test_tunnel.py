"""What goes through the tunnel to a server that speaks TLS itself: its words to a program that does not."""

from __future__ import annotations

import asyncio
import struct

import pytest

from toolbelt.data import tunnel
from toolbelt.data.database import Database, parse
from toolbelt.secret import Secret


class Near:
    """The program's side."""

    def __init__(self) -> None:
        self.got, self.closed = b"", False

    def write(self, data: bytes) -> None:
        self.got += data

    async def drain(self) -> None:
        return

    def close(self) -> None:
        self.closed = True


def message(kind: bytes, body: bytes) -> bytes:
    return struct.pack("!cI", kind, len(body) + 4) + body


def through(said: bytes) -> bytes:
    async def pumped() -> Near:
        reader, near = asyncio.StreamReader(), Near()
        reader.feed_data(said)
        reader.feed_eof()
        await tunnel._answers(reader, near, lambda _count: None)  # type: ignore[arg-type]
        return near

    near = asyncio.run(pumped())
    assert near.closed
    return near.got


SASL = struct.pack("!I", 10)
BOTH, ONE = SASL + b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0", SASL + b"SCRAM-SHA-256\0\0"
AGREED = message(b"v", struct.pack("!II", 196608, 0))


def test_binding_to_the_channel_is_not_offered_to_who_knows_of_none() -> None:
    assert through(message(b"R", BOTH)) == message(b"R", ONE)
    assert through(AGREED + message(b"R", BOTH) + b"rest") == AGREED + message(b"R", ONE) + b"rest"


@pytest.mark.parametrize(
    "said",
    [
        message(b"R", ONE),
        message(b"R", struct.pack("!I", 5) + b"salt"),
        message(b"E", b"SFATAL\0\0") + b"more",
        message(b"R", ONE) + message(b"D", BOTH),  # a row that has these words in it
        message(b"E", BOTH),
        b"E" + struct.pack("!I", 1 << 30) + b"a server of another kind",
        b"",
    ],
)
def test_all_else_passes_as_it_is(said: bytes) -> None:
    assert through(said) == said


def test_who_comes_through_it_asks_for_no_tls_again() -> None:
    far: Database = parse(Secret("postgres://u:p@far.example:5432/d"), whose="x")
    assert far.sslmode == "require"
    near = far.at("127.0.0.1", 1)
    assert (near.sslmode, near.environ()["PGSSLMODE"]) == ("disable", "disable")
    assert parse(Secret("postgres://u:p@127.0.0.1:5432/d"), whose="x").sslmode == "prefer"
