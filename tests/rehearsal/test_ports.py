"""The $PORT of a web dyno is nobody else's, not even by chance."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from rehearsal.dynos import ports


def test_it_is_none_that_an_outgoing_connection_may_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine another program could have it by the time that the dyno binds it: a crash at boot."""
    told = tmp_path / "range"
    told.write_text("3100\t65535\n")
    monkeypatch.setattr(ports, "LENT", told)
    assert {ports.random_port() for _ in range(300)} <= set(range(3000, 3100))
    told.write_text("1024\t65535\n")  # then there is no other way
    assert 3000 <= ports.random_port() < 59_000


def test_what_the_system_lends_is_known() -> None:
    lent = ports._lent()
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        assert client.getsockname()[1] in lent
    assert all(ports.random_port() not in lent for _ in range(50))


def test_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    free = ports.random_port()
    with socket.socket() as taken:
        taken.bind(("", 0))
        port = taken.getsockname()[1]
        drawn = iter([port, port, free])
        monkeypatch.setattr(ports.secrets, "choice", lambda _ports: next(drawn))
        assert ports.random_port() == free
