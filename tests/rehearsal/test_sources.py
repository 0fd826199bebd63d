"""Uploading a source, and building what was uploaded."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from rehearsal import sources
from tests.rehearsal.builds.source import tarball
from tests.rehearsal.harness import Running
from tests.waiting import until


@pytest.fixture
def blob(running: Running) -> dict[str, str]:
    answer = running.http.post("/sources")
    assert answer.status_code == 201
    return dict(answer.json()["source_blob"])


def put(url: str, content: bytes, **headers: str) -> httpx.Response:
    return httpx.put(url, content=content, headers=headers, trust_env=False)


def test_put_and_get_need_no_token(blob: dict[str, str]) -> None:
    assert httpx.get(blob["get_url"], trust_env=False).status_code == 404
    sent = put(blob["put_url"], b"x" * 300_000)
    assert sent.status_code == 200
    assert sent.headers["ETag"] == f'"{hashlib.md5(b"x" * 300_000).hexdigest()}"'
    assert httpx.get(blob["get_url"], trust_env=False).content == b"x" * 300_000


def test_what_s3_refuses(running: Running, blob: dict[str, str]) -> None:
    typed = put(blob["put_url"], b"x", **{"Content-Type": "application/gzip"})
    assert (typed.status_code, "SignatureDoesNotMatch" in typed.text) == (403, True)
    unknown = httpx.put(blob["put_url"], content=iter([b"x"]), trust_env=False)
    assert (unknown.status_code, "MissingContentLength" in unknown.text) == (411, True)
    assert put(blob["get_url"], b"x").status_code == 403
    assert put(blob["put_url"][:-1] + "0x"[blob["put_url"][-1] == "0"], b"x").status_code == 403
    old = blob["put_url"].split("/")
    old[-2] = "1000000000"
    assert put("/".join(old), b"x").status_code == 403
    limit = running.world.settings.source_limit
    try:
        running.world.settings = replace(running.world.settings, source_limit=1000)
        assert "EntityTooLarge" in put(blob["put_url"], b"x" * 1001).text
    finally:
        running.world.settings = replace(running.world.settings, source_limit=limit)
    assert not list((running.home / "sources").glob(f"{old[4]}*"))


def test_a_build_of_what_was_uploaded(running: Running, blob: dict[str, str], tmp_path: Path) -> None:
    """The build fails at its first step, which shows that the source has arrived, and costs nothing."""
    source = tarball(tmp_path / "source.tgz", {"uv.lock": "", "requirements.txt": ""}).read_bytes()
    put(blob["put_url"], source)
    app = running.app()

    def output(checksum: str | None = None, url: str = blob["get_url"]) -> str:
        asked = {"source_blob": {"url": url, "version": "c0ffee", "checksum": checksum}}
        answer = running.http.post(f"/apps/{app}/builds", json=asked)
        assert answer.status_code == 201, answer.text
        build = f"/apps/{app}/builds/{answer.json()['id']}"
        until(lambda: running.http.get(build).json()["status"] == "failed", what="the build has failed")
        return httpx.get(answer.json()["output_stream_url"], trust_env=False).text

    assert "Multiple Python package manager files" in output()
    assert "Multiple Python" in output(f"SHA256:{hashlib.sha256(source).hexdigest()}")
    assert "does not have the checksum" in output(f"SHA256:{'0' * 64}")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/source.tgz"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(b"from elsewhere" if found else b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_source_elsewhere(running: Running, elsewhere: str, tmp_path: Path) -> None:
    world, into = running.world, tmp_path / "fetched"
    path = running.call(sources.tarball(world, f"{elsewhere}/source.tgz", checksum=None, into=into))
    assert path.read_bytes() == b"from elsewhere"
    for url, reason in (
        (f"{elsewhere}/none.tgz", "its server answered 404"),
        ("file:///etc/passwd", "must begin with http"),
        ("http://127.0.0.1:1/x", "Could not fetch"),
    ):
        with pytest.raises(sources.SourceUnavailable, match=reason):
            running.call(sources.tarball(world, url, checksum=None, into=into))
