"""The router: headers, streams, upgrades, and what it says when the app does not answer."""

from __future__ import annotations

import re
import socket
import time

import httpx
import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.samples import FILES, command


@pytest.fixture(scope="module")
def site(running: Running) -> str:
    name = running.app()
    running.release(name, {"web": command("web.py")}, FILES)
    running.up(name)
    return name


def test_what_the_router_adds(running: Running, site: str) -> None:
    given = {"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1", "X-Request-Id": "a" * 24, "X-Own": "kept"}
    answer = running.visit(site, "/a%2Fb?c=%20d", headers=given)
    headers = {name.lower(): value for name, value in answer.json()["headers"]}
    assert answer.json()["path"] == "/a%2Fb?c=%20d"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-port"] == "443"
    assert headers["x-forwarded-for"] == "192.0.2.1, 127.0.0.1"
    assert headers["x-request-id"] == "a" * 24
    assert re.fullmatch(r"\d{13}", headers["x-request-start"])
    assert headers["via"] == "1.1 heroku-router"
    assert headers["host"] == f"{site}.localhost:{running.world.router_port}"
    assert headers["x-own"] == "kept"
    assert answer.headers["via"] == "1.1 heroku-router"
    line = running.logged(site, 'path="/a%2Fb?c=%20d"')
    assert re.search(
        r'heroku\[router\]: at=info method=GET path="\S+" host=\S+ request_id=a{24} fwd="127.0.0.1" dyno=web.1 '
        r"connect=\d+ms service=\d+ms status=200 bytes=\d+ protocol=http1.1 tls=false tls_version=unknown$",
        line,
    )


def test_the_browser_is_told_http_and_the_dyno_https(running: Running, site: str) -> None:
    """The rehearsal has no TLS of its own; CSRF checks and redirects must work as they do behind Heroku's."""
    host = f"{site}.localhost:{running.world.router_port}"
    answer = running.visit(site, "/", headers={"Origin": f"http://{host}", "Referer": f"http://{host}/form"})
    headers = {name.lower(): value for name, value in answer.json()["headers"]}
    assert headers["origin"] == f"https://{host}"
    assert headers["referer"] == f"https://{host}/form"
    answer = running.visit(site, "/secure")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"http://{host}/there"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2; Secure"]


def test_connections_to_the_dyno_are_kept(running: Running, site: str) -> None:
    assert len({running.visit(site).json()["peer"] for _ in range(3)}) == 1


def test_bodies_are_passed_on_with_and_without_a_length(running: Running, site: str) -> None:
    data = b"x" * 3_000_000
    assert running.visit(site, method="POST", content=data).json()["received"] == len(data)
    chunks = (b"y" * 1000 for _ in range(50))
    assert running.visit(site, method="POST", content=chunks).json()["received"] == 50_000


def test_an_answer_is_passed_on_while_it_comes(running: Running, site: str) -> None:
    url = f"http://127.0.0.1:{running.world.router_port}/stream"
    headers = {"Host": f"{site}.localhost"}
    with httpx.stream("GET", url, headers=headers, trust_env=False) as answer:
        arrived = [(time.monotonic(), chunk) for chunk in answer.iter_bytes()]
    assert b"".join(chunk for _, chunk in arrived) == b"0\n1\n2\n"
    assert arrived[-1][0] - arrived[0][0] > 0.3


@pytest.mark.parametrize("protocol", ["websocket", "echo"])
def test_an_upgrade_goes_through(running: Running, site: str, protocol: str) -> None:
    with socket.create_connection(("127.0.0.1", running.world.router_port), timeout=5) as connection:
        head = f"GET / HTTP/1.1\r\nHost: {site}.localhost\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 101 ")
        for word in (b"first", b"second"):
            connection.sendall(word)
            assert connection.recv(1000) == word.upper()
    assert "status=101" in running.logged(site, "status=101")


def test_an_upgrade_that_the_app_does_not_take_is_answered(running: Running, site: str) -> None:
    answer = running.visit(site, headers={"Connection": "Upgrade", "Upgrade": "other"})
    assert answer.status_code == 200
    assert answer.json()["path"] == "/"


def test_head_and_expect(running: Running, site: str) -> None:
    assert running.visit(site, method="POST", content=b"abc", headers={"Expect": "100-continue"}).json()["received"] == 3
    answer = running.visit(site, method="HEAD")
    assert answer.status_code == 501  # the sample knows no HEAD, and says so itself


def test_no_such_app(running: Running) -> None:
    answer = running.visit("nobody-has-this-name")
    assert answer.status_code == 404
    assert "No such app" in answer.text


def test_maintenance_mode(running: Running, site: str) -> None:
    running.http.patch(f"/apps/{site}", json={"maintenance": True})
    answer = running.visit(site)
    running.http.patch(f"/apps/{site}", json={"maintenance": False})
    assert answer.status_code == 503
    assert "maintenance" in answer.text
    running.logged(site, 'at=info code=H80 desc="Maintenance mode"')
    assert running.visit(site).status_code == 200


def test_a_domain_of_ones_own(running: Running, site: str) -> None:
    made = running.http.post(f"/apps/{site}/domains", json={"hostname": "www.example.com", "sni_endpoint": None})
    assert made.status_code == 201
    url = f"http://127.0.0.1:{running.world.router_port}/"
    assert httpx.get(url, headers={"Host": "www.example.com"}, trust_env=False).status_code == 200
    assert running.http.delete(f"/apps/{site}/domains/www.example.com").status_code == 200
    assert httpx.get(url, headers={"Host": "www.example.com"}, trust_env=False).status_code == 404
