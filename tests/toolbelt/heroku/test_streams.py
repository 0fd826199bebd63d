"""Streams that are cut at any place: nothing is lost, nothing comes twice. Against a real server."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from toolbelt.errors import ToolbeltError
from toolbelt.heroku import logs, streams
from toolbelt.heroku.client import Client
from toolbelt.secret import Secret

TEXT = "".join(f"line {number} of the build: grün\n" for number in range(400))


class Cutting(ThreadingHTTPServer):
    """Serves TEXT as one of Heroku's streams; each answer ends after a random number of bytes."""

    daemon_threads = True

    def __init__(
        self, *, seed: int, events: bool = False, heeds: bool = True, chunked: bool = True, missing: int = 0, quiet: bool = False
    ):
        super().__init__(("127.0.0.1", 0), Handler)
        self.random = random.Random(seed)
        self.events, self.heeds, self.chunked, self.missing, self.quiet = events, heeds, chunked, missing, quiet
        self.asked: list[dict[str, str]] = []
        self.reached = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/streams/x?sig=hush"

    def finished(self) -> bool:
        return self.reached >= len(TEXT.encode())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Cutting

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(dict(self.headers))
        if len(server.asked) <= server.missing:
            self.send_error(404)
            return
        body, status, begin = TEXT.encode(), 200, 0
        if server.events:
            lines = TEXT.splitlines()
            last = int(self.headers.get("Last-Event-Id") or -1) if server.heeds else -1
            body = b"".join(f"id: {n}\ndata: {line}\n\n".encode() for n, line in enumerate(lines) if n > last)
            body += b"event: eof\ndata: \n\n" if server.quiet else b""
        elif server.heeds and (asked := self.headers.get("Range")):
            begin = int(asked.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(body):
                self.send_error(416)
                return
            body, status = body[begin:], 206
        # Where the server heeds nothing, every answer has to get further than the one before.
        least = 1 if server.heeds else server.reached + 50
        size = min(len(body), server.random.randint(least, least + 4000))
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if server.events else "text/plain")
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{begin + len(body) - 1}/{begin + len(body)}")
        if server.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        piece = body[:size]
        if server.quiet:  # so quiet that NUL bytes are sent, to keep it open
            at = server.random.randint(0, size)
            piece = piece[:at] + b"\0\0" + piece[at:]
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if server.chunked else piece)
        if size == len(body):
            server.reached = len(TEXT.encode())
            self.wfile.write(b"0\r\n\r\n" if server.chunked else b"")
        else:
            server.reached = max(server.reached, begin + size)
        self.close_connection = True

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[Cutting]:
    with Cutting(**request.param) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def client() -> Client:
    return Client("http://127.0.0.1:9", Secret("token"), sleep=lambda _seconds: None)


def _every(**options: Any) -> list[Any]:
    return [pytest.param({"seed": seed, **options}, id=f"{seed}-{'-'.join(options)}") for seed in range(6)]


@pytest.mark.parametrize(
    "served",
    [
        *_every(),
        *_every(chunked=False),  # the cut cannot be told from an end
        *_every(heeds=False),  # Range is not looked at: every answer begins from the start
        *_every(events=True),
        *_every(events=True, chunked=False),
        *_every(events=True, heeds=False),
        *_every(quiet=True),
        *_every(quiet=True, heeds=False),
        *_every(quiet=True, events=True),
    ],
    indirect=True,
)
def test_nothing_is_lost_and_nothing_comes_twice(served: Cutting) -> None:
    assert "".join(streams.follow(client(), served.url, finished=served.finished)) == TEXT
    assert len(served.asked) > 1
    if served.heeds and not served.events:
        assert "Range" in served.asked[1]
    if served.heeds and served.events:
        assert any("Last-Event-Id" in asked for asked in served.asked)
    assert {each["Accept-Encoding"] for each in served.asked} == {"identity"}, "it is the bytes as written that are counted"


@pytest.mark.parametrize("served", [{"seed": 1, "missing": 4}], indirect=True)
def test_a_stream_that_is_not_there_yet_is_waited_for(served: Cutting) -> None:
    assert "".join(streams.follow(client(), served.url, finished=served.finished)) == TEXT


@pytest.mark.parametrize("served", [{"seed": 1, "missing": 10_000}], indirect=True)
def test_a_stream_that_never_comes(served: Cutting) -> None:
    with pytest.raises(ToolbeltError, match="does not come") as caught:
        list(streams.follow(client(), served.url, finished=lambda: False, patience=5))
    assert "hush" not in caught.value.finding


@pytest.mark.parametrize("served", [{"seed": 1, "missing": 10_000}], indirect=True)
def test_no_stream_and_its_writer_has_ended(served: Cutting) -> None:
    assert list(streams.follow(client(), served.url, finished=lambda: True)) == []
    assert len(served.asked) < 10


def test_lines_that_a_new_log_session_repeats_come_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log session ends; the next one begins with lines that were there already."""
    sessions = iter([["a", "b", "c"], ["b", "c", "d", "e"], ["d", "e", "f"]])
    monkeypatch.setattr(logs, "_session", lambda *_words, **_more: "url")
    monkeypatch.setattr(streams, "follow", lambda *_words, **_more: iter(["\n".join(next(sessions)) + "\n"]))
    lines = logs.lines(client(), "mine", tail=True)
    assert [next(lines) for _ in range(6)] == ["a", "b", "c", "d", "e", "f"]
