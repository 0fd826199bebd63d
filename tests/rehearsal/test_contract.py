"""Heroku's codes, each with its page, its lines in the log and the state that is left; with both kinds of dynos the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from tests.rehearsal.conftest import remove_images
from tests.rehearsal.harness import QUICK, Running
from tests.rehearsal.images import Images
from tests.rehearsal.samples import FILES, command
from tests.waiting import until

# The router's patience ends before a boot does, and a dyno that has crashed stays so: every state can be seen.
SETTINGS = replace(QUICK, boot_timeout=2.0, boot_queue=1.0, first_byte=1.0, stop_grace=1.0, crash_first=60.0)
CRASH = "import sys\nprint('no', flush=True)\nsys.exit(3)\n"
# Takes 600 MB, which is over the quota of 512 MB, and after a while twice the quota.
HEAVY = """
import time
kept = b"x" * (600 << 20)
time.sleep(2)
more = b"x" * (500 << 20)
time.sleep(60)
"""
OURS = {"crash.py": CRASH, "heavy.py": HEAVY}


@dataclass
class Platform:
    """A rehearsal, with the samples as slugs or as images."""

    running: Running
    images: Images | None

    def deploy(self, **files: str) -> str:
        """A fresh app whose process types run these samples, one dyno of each."""
        app = self.running.app(stack="container" if self.images else "heroku-24")
        if self.images:
            for type_, file in files.items():
                self.running.release_image(app, self.images.of(file), {type_: file})
        else:
            self.running.release(app, {type_: command(file) for type_, file in files.items()}, {**FILES, **OURS})
        for type_ in files:
            if type_ != "web":
                self.running.http.patch(f"/apps/{app}/formation/{type_}", json={"quantity": 1})
        return app

    def lines(self, app: str, *texts: str, by: str = "web.1") -> None:
        """Wait until the dyno manager has said all this of a dyno, in this order and with these words only."""

        def said() -> bool:
            rest = [line.partition(f" heroku[{by}]: ")[2] for line in self.running.lines(app, source="heroku")]
            return all(any(re.fullmatch(text, line) for line in _from(rest, text)) for text in texts)

        def _from(rest: list[str], text: str) -> list[str]:
            while rest and not re.fullmatch(text, rest[0]):
                rest.pop(0)
            return [rest.pop(0)] if rest else []

        until(said, what=f"{texts} in this order:\n" + "\n".join(self.running.lines(app)[-25:]))

    def life(self, app: str, dyno: str = "web.1") -> dict[str, Any]:
        """What was measured of the newest dyno of this name."""
        lives = self.running.http.get(f"/_rehearsal/apps/{app}/dynos").json()
        return [life for life in lives if life["dyno"] == dyno][-1]

    def refused(self, app: str, code: str, desc: str, path: str = "/", *, dyno: str = "") -> httpx.Response:
        """Ask for a page: Heroku's own comes, and the router says so."""
        answer = self.running.visit(app, path)
        assert answer.status_code == 503
        assert "<h1>Application error</h1>" in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        self.router_line(app, code, desc, path, dyno=dyno)
        return answer

    def router_line(self, app: str, code: str, desc: str, path: str, *, dyno: str) -> None:
        times, size = (r"connect=\d+ms service=\d+ms", r"\d+") if dyno else ("connect= service=", "")
        assert re.search(
            rf'heroku\[router\]: at=error code={code} desc="{desc}" method=GET path="{re.escape(path)}" host=\S+ '
            rf'request_id=\S+ fwd="127\.0\.0\.1" dyno={dyno} {times} status=503 bytes={size} protocol=http1\.1 tls=false '
            rf"tls_version=unknown{' sock=backend' if code in ('H13', 'H18') else ''}$",
            self.running.logged(app, f"code={code}"),
        )


@pytest.fixture(scope="module", params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime=request.param, settings=SETTINGS)
    images = None
    if request.param == "docker":
        images = Images(tmp_path_factory.mktemp("images"), f"contract-{running.world.label}", OURS)
    yield Platform(running, images)
    running.stop()
    if images is not None:
        images.remove()
        remove_images(running)


def test_h20_while_it_boots_then_r10_then_h10(platform: Platform) -> None:
    app = platform.deploy(web="never.py")
    platform.refused(app, "H20", "App boot timeout")
    platform.lines(
        app,
        r"State changed from down to starting",
        r"Starting process with command `.*never.py`",
        r"Error R10 \(Boot timeout\) -> Web process failed to bind to \$PORT within 2 seconds of launch",
        r"Stopping process with SIGKILL",
        r"Process exited with status 137",
        r"State changed from starting to crashed",
    )
    assert platform.running.states(app) == {"web.1": "crashed"}
    platform.refused(app, "H10", "App crashed")
    life = platform.life(app)
    assert (life["state"], life["errors"], life["boot_seconds"], life["exit_status"]) == ("crashed", ["R10"], None, 137)


def test_r10_where_it_listens_on_localhost_only(platform: Platform) -> None:
    app = platform.running.app(stack="container" if platform.images else "heroku-24")
    platform.running.http.patch(f"/apps/{app}/config-vars", json={"BIND": "127.0.0.1"})
    if platform.images:
        platform.running.release_image(app, platform.images.of("web.py"), {"web": "web.py"})
    else:
        platform.running.release(app, {"web": command("web.py")}, FILES)
    platform.lines(app, r"Error R10 .*", r"Process exited with status 137", r"State changed from starting to crashed")


def test_h10_where_it_crashes(platform: Platform) -> None:
    app = platform.deploy(web="crash.py")
    platform.lines(app, r"Process exited with status 3", r"State changed from starting to crashed")
    platform.refused(app, "H10", "App crashed")
    assert platform.life(app)["exit_status"] == 3


def test_h12_h13_and_h18_of_an_app_that_does_not_answer(platform: Platform) -> None:
    app = platform.deploy(web="web.py")
    platform.running.up(app)
    platform.refused(app, "H12", "Request timeout", "/slow?s=3", dyno="web.1")
    platform.refused(app, "H13", "Connection closed without response", "/gone", dyno="web.1")
    with pytest.raises(httpx.RemoteProtocolError):
        platform.running.visit(app, "/cut")
    platform.router_line(app, "H18", "Server Request Interrupted", "/cut", dyno="web.1")
    assert platform.running.states(app) == {"web.1": "up"}
    (count,) = platform.running.http.get(f"/_rehearsal/apps/{app}/requests").json()
    assert (count["total"], count["5xx"], count["codes"]) == (3, 3, {"H12": 1, "H13": 1, "H18": 1})


def test_h14_without_web_dynos(platform: Platform) -> None:
    app = platform.deploy(web="web.py")
    platform.running.up(app)
    platform.running.http.patch(f"/apps/{app}/formation/web", json={"quantity": 0})
    platform.refused(app, "H14", "No web processes running")
    platform.lines(
        app, r"State changed from up to down", r"Stopping all processes with SIGTERM", r"Process exited with status 143"
    )
    assert platform.running.states(app) == {}


def test_r12_of_what_does_not_go_when_it_is_told(platform: Platform) -> None:
    app = platform.deploy(worker="stubborn.py")
    platform.running.logged(app, "ready")
    platform.running.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 0})
    platform.lines(
        app,
        r"State changed from up to down",
        r"Stopping all processes with SIGTERM",
        r"Error R12 \(Exit timeout\) -> At least one process failed to exit within 1 seconds of SIGTERM",
        r"Stopping remaining processes with SIGKILL",
        r"Process exited with status 137",
        by="worker.1",
    )
    until(lambda: platform.life(app, "worker.1")["ended_at"], what="its end was noted")
    life = platform.life(app, "worker.1")
    assert (life["state"], life["errors"]) == ("down", ["R12"])
    assert 1.0 <= life["exit_seconds"] < 3.0


def test_r14_goes_on_and_r15_is_the_end(platform: Platform) -> None:
    app = platform.deploy(worker="heavy.py")
    # Twice in a row: it goes on, and is told again.
    memory, quota = r"Process running mem=6\d\dM\(1[12]\d\.\d%\)", r"Error R14 \(Memory quota exceeded\)"
    platform.lines(app, memory, quota, memory, quota, by="worker.1")
    assert platform.running.states(app) == {"worker.1": "up"}
    assert platform.life(app, "worker.1")["memory_peak_mb"] >= 600
    platform.lines(
        app,
        r"Process running mem=1\d\d\dM\(2\d\d\.\d%\)",
        r"Error R15 \(Memory quota vastly exceeded\)",
        r"Stopping process with SIGKILL",
        r"Process exited with status 137",
        r"State changed from up to crashed",
        by="worker.1",
    )
    assert platform.life(app, "worker.1")["errors"] == ["R14", "R15"]
