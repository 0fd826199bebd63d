"""The rendezvous: attached one-off dynos, as the CLI meets them."""

from __future__ import annotations

import re
import socket
import ssl
from urllib.parse import urlsplit

import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.samples import FILES, command
from tests.waiting import until


class Attached:
    """The CLI's end of the line (heroku/cli, src/lib/run/dyno.ts)."""

    def __init__(self, running: Running, url: str) -> None:
        parts = urlsplit(url)
        assert parts.scheme == "rendezvous"
        context = ssl.create_default_context(cafile=str(running.home / "tls" / "rendezvous.pem"))
        plain = socket.create_connection((parts.hostname, parts.port), timeout=20)
        self.socket = context.wrap_socket(plain, server_hostname=parts.hostname)
        self.socket.sendall(parts.path[1:].encode() + b"\r\n")

    def read(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except ConnectionError:
            return b""

    def until(self, pattern: str) -> str:
        """Everything up to what matches."""
        said = b""
        while not re.search(pattern.encode(), said):
            data = self.read()
            assert data, f"{pattern!r} did not come; this did: {said!r}"
            said += data
        return said.decode()

    def rest(self) -> str:
        said = b""
        while data := self.read():
            said += data
        return said.decode()


@pytest.fixture(scope="module")
def app(running: Running) -> str:
    name = running.app()
    running.release(name, {"worker": command("polite.py")}, FILES)
    return name


def attach(running: Running, app: str, line: str, **more: object) -> Attached:
    asked = {"command": line, "attach": True, "env": {"TERM": "xterm", "COLUMNS": "91", "LINES": "33"}, **more}
    answer = running.http.post(f"/apps/{app}/dynos", json=asked)
    assert answer.status_code == 201, answer.text
    attached = Attached(running, answer.json()["attach_url"])
    # The CLI drops the first piece that comes, whatever else is in it.
    assert attached.read() == b"rendezvous\r\n"
    return attached


def test_output_and_exit_status(running: Running, app: str) -> None:
    attached = attach(running, app, 'sh -c "echo $DYNO; exit 3" ; echo "\uffff heroku-command-exit-status: $?"')
    said = attached.rest()
    assert re.match(r"run\.\d+\r\n\uffff heroku-command-exit-status: 3\r\n", said)


def test_a_terminal_of_the_callers_size(running: Running, app: str) -> None:
    assert attach(running, app, "stty size; tty").until("/dev/").startswith("33 91\r\n")


def test_both_ways_and_ctrl_d(running: Running, app: str) -> None:
    attached = attach(running, app, "cat; echo over")
    attached.socket.sendall(b"hello\n")
    attached.until("hello\r\nhello\r\n")  # the terminal's echo, and cat's
    attached.socket.sendall(b"\x04")
    assert "over" in attached.rest()


def test_ctrl_c_reaches_the_process(running: Running, app: str) -> None:
    attached = attach(running, app, "trap 'echo interrupted; exit 130' INT; echo ready; while true; do sleep 0.1; done")
    attached.until("ready")
    attached.socket.sendall(b"\x03")
    assert "interrupted" in attached.rest()


def test_without_a_terminal(running: Running, app: str) -> None:
    said = attach(running, app, "tty; echo two", force_no_tty=True).rest()
    assert said == "not a tty\ntwo\n"


def test_who_hangs_up_ends_the_dyno(running: Running, app: str) -> None:
    attached = attach(running, app, "echo ready; sleep 600")
    attached.until("ready")
    attached.socket.close()
    until(lambda: not [name for name in running.states(app) if name.startswith("run.")], what="the dyno ends")


def test_an_address_serves_once_and_only_who_knows_it(running: Running, app: str) -> None:
    answer = running.http.post(f"/apps/{app}/dynos", json={"command": "echo once", "attach": True}).json()
    url = answer["attach_url"]
    assert Attached(running, url[:-1] + "?").rest() == ""
    assert "once" in Attached(running, url).rest()
    assert Attached(running, url).rest() == ""


def test_much_output_arrives_whole(running: Running, app: str) -> None:
    said = attach(running, app, "seq 1 60000").rest()
    assert said == "".join(f"{number}\r\n" for number in range(1, 60001))


@pytest.mark.docker
def test_in_a_container(engine: Running) -> None:
    name = engine.app(stack="container")
    engine.release_image(name, "python:3.14-slim", {"worker": "sleep 600"})
    attached = attach(engine, name, "stty size; echo user $(id -u); cat")
    assert re.fullmatch(r"33 91\r\nuser \d{5}\r\n", attached.until(r"user \d+\r\n"))
    attached.socket.sendall(b"echoed\n")
    attached.until("echoed\r\nechoed\r\n")
    attached.socket.sendall(b"\x04")
    attached.rest()
