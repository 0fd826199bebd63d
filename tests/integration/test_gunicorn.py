"""The Procfile's web process with the settings of a dyno, in a copy of the site whose static files a build has collected."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from tests.checkout import ROOT
from tests.djheroku.settings.importing import KEY, run
from tests.integration.ports import free_port
from tests.waiting import until

# One process for all: what they share takes longest.

ID = "0b1c2d3e-4f56-7890-abcd-ef01234567"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """A running gunicorn."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    root: Path

    def get(self, path: str, *, method: str = "GET", host: str = "127.0.0.1", **headers: str) -> Answer:
        link = http.client.HTTPConnection(host, self.port, timeout=10)
        try:
            link.request(method, path, headers={"X-Forwarded-Proto": "https"} | headers)
            answer = link.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            link.close()

    def lines(self, needle: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if needle in line]

    def answers(self) -> bool:
        try:
            return self.get("/health/live")[0] == 200
        except OSError:
            assert self.process.poll() is None, self.log.read_text()
            return False


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with its static files, collected as a build does it: without a server, with an environ to throw away."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "djheroku", root / "djheroku", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", root)
    done = run(
        ["manage.py", "collectstatic", "--no-input"],
        root,
        SOURCE_VERSION="c0ffee",
        SECRET_KEY=KEY,
        DATABASE_URL="postgres://nobody@nowhere.invalid/nothing",
        REDIS_URL="redis://nowhere.invalid",
    )
    assert done.returncode == 0, done.stderr
    return root


def serve(root: Path, folder: Path, **environ: str) -> Iterator[Site]:
    port = free_port()
    log = folder / "web.log"
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PORT": str(port),
        "DYNO": "web.1",
        "SECRET_KEY": KEY,
        "REDIS_URL": os.environ["REDIS_URL"],
        "WEB_CONCURRENCY": "1",
        "HEROKU_RELEASE_VERSION": "v42",
        # As Heroku's buildpack sets it.
        "GUNICORN_CMD_ARGS": "--access-logfile -",
    } | environ
    argv = [sys.executable, "-m", "gunicorn", "djheroku.wsgi", "--config", "djheroku/gunicorn.py"]
    with log.open("wb") as output:
        process = subprocess.Popen(argv, cwd=root, env=variables, stdout=output, stderr=output)
    site = Site(process, port, log, folder)
    try:
        until(site.answers, what="gunicorn answers")
        yield site
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def database_url(django_db_setup: None) -> str:
    """The tests' own database, which is migrated; a server on this machine has no TLS."""
    url = os.environ["DATABASE_URL"].partition("?")[0].rpartition("/")[0]
    query = os.environ["DATABASE_URL"].partition("?")[2]
    return f"{url}/{connection.settings_dict['NAME']}?" + "&".join(filter(None, [query, "sslmode=disable"]))


@pytest.fixture(scope="module")
def site(built: Path, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(built, tmp_path_factory.mktemp("web"), DATABASE_URL=database_url)


def test_one_line_for_a_request_and_none_of_gunicorn(site: Site) -> None:
    status, headers, _ = site.get("/?token=hunter2", **{"X-Request-ID": ID + "01", "X-Forwarded-For": "203.0.113.7"})
    assert status == 200
    assert headers["x-request-id"] == ID + "01"
    [line] = until(lambda: site.lines(ID + "01"), what="the line")
    assert re.fullmatch(
        rf"at=info method=GET path=/ status=200 bytes=\d+ duration=\d+ms request_id={ID}01 release=v42 fwd=203.0.113.7",
        line,
    )
    assert not site.lines("hunter2")
    assert not site.lines("HTTP/1.1")


def test_static_files_are_hashed_compressed_and_logged(site: Site) -> None:
    _, _, page = site.get("/")
    [name, *_] = re.findall(rb'/static/[^"]+\.css', page)
    status, headers, _ = site.get(name.decode(), **{"Accept-Encoding": "br", "X-Request-ID": ID + "02"})
    assert status == 200
    assert headers["content-encoding"] == "br"
    assert "immutable" in headers["cache-control"]
    [line] = until(lambda: site.lines(ID + "02"), what="the line")
    assert f"bytes={headers['content-length']} " in line


def test_the_headers_of_a_page(site: Site) -> None:
    _, headers, _ = site.get("/")
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_plain_http_is_sent_to_tls_but_a_probe_is_answered(site: Site) -> None:
    status, headers, _ = site.get("/?page=2", **{"X-Forwarded-Proto": "http", "Host": "site.example"})
    assert (status, headers["location"]) == (301, "https://site.example/?page=2")
    assert site.get("/health/live", **{"X-Forwarded-Proto": "http", "Host": "10.0.0.1"})[0] == 200


def test_head_is_answered_without_complaint(site: Site) -> None:
    assert site.get("/", method="HEAD")[0] == 200
    assert not site.lines("dropping per RFC")


def test_both_kinds_of_address(site: Site) -> None:
    assert site.get("/health/live")[0] == 200
    if socket.has_ipv6:
        assert site.get("/health/live", host="::1")[0] == 200


def test_nothing_is_written_to_the_home_directory(site: Site) -> None:
    """A dyno's user may not, and nobody could use gunicorn's control socket there."""
    assert [file.name for file in site.root.iterdir()] == ["web.log"]


def test_sigterm_ends_it_in_time(site: Site) -> None:
    """Last: the others need it. A connection that is kept alive does not hold it up."""
    link = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    link.request("GET", "/health/live")
    link.getresponse().read()
    began = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(25) == 0
    assert time.monotonic() - began < 22
    link.close()


def test_a_database_that_does_not_answer_cannot_hang_the_probe(built: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgres://u:hunter2@127.0.0.1:{mute.getsockname()[1]}/n"
        for site in serve(built, tmp_path, DATABASE_URL=url):
            for _ in range(2):
                began = time.monotonic()
                status, _, body = site.get("/health/ready")
                assert time.monotonic() - began < 4
                assert status == 503
                checks = json.loads(body)["checks"]
                assert checks["database"]["detail"] == "no answer within 2 seconds"
                assert checks["cache"]["ok"] is True
            assert not site.lines("hunter2")
