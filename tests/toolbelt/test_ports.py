"""Ports: free or taken, told by really listening."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from toolbelt.stack import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not ports.is_free(taken)
    assert ports.next_free(taken) > taken


def test_any_free_port_can_be_listened_on() -> None:
    port = ports.any_free()
    assert ports.is_free(port)


def test_a_port_that_needs_rights_is_told_from_one_that_is_taken(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ports.is_allowed(taken)

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refused)
    assert not ports.is_allowed(80)


def test_the_owner_is_named(taken: int) -> None:
    assert "pid" in ports.owner(taken)
