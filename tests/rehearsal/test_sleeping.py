"""Dynos that the platform ends by itself: every day, and Eco dynos when nobody comes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from tests.rehearsal.harness import QUICK, Running
from tests.rehearsal.samples import FILES, command
from tests.waiting import until


def said(running: Running, app: str, dyno: str, *texts: str) -> None:
    """Wait until these lines stand one below the other in what is said of a dyno; others of its own may stand between."""
    wanted = rf"heroku\[{dyno}\]: " + rf"\n(?:.*\n)*?.*heroku\[{dyno}\]: ".join(f"{text}(?=\n)" for text in texts)
    until(lambda: re.search(wanted, "\n".join(running.lines(app)) + "\n"), what=f"{texts} of {dyno}: {running.lines(app)[-20:]}")


def deploy(running: Running, size: str) -> str:
    app = running.app()
    running.release(app, {"web": command("web.py"), "worker": command("polite.py")}, FILES)
    updates = [{"type": type_, "quantity": 1, "size": size} for type_ in ("web", "worker")]
    assert running.http.patch(f"/apps/{app}/formation", json={"updates": updates}).status_code == 200
    return app


def test_every_dyno_is_cycled_and_one_off_dynos_end(running: Running) -> None:
    app = deploy(running, "basic")
    running.up(app, "web.1", "worker.1")
    once = running.http.post(f"/apps/{app}/dynos", json={"command": "sleep 600"}).json()["name"]
    running.up(app, once)
    before = {dyno["name"]: dyno["id"] for dyno in running.http.get(f"/apps/{app}/dynos").json()}
    versions = running.http.get(f"/apps/{app}/releases").json()
    assert running.http.post(f"/_rehearsal/apps/{app}/cycle").status_code == 202
    for dyno in ("web.1", "worker.1"):
        said(running, app, dyno, "Cycling", "State changed from up to starting", "State changed from starting to up")
        said(running, app, dyno, "Cycling", "Stopping all processes with SIGTERM", r"Process exited with status \d+")
    said(running, app, once, "Cycling", "State changed from up to complete", "Stopping all processes with SIGTERM")
    running.up(app, "web.1", "worker.1")
    until(lambda: once not in running.states(app), what="the one-off dyno is gone")
    after = {dyno["name"]: dyno["id"] for dyno in running.http.get(f"/apps/{app}/dynos").json()}
    assert not set(before.values()) & set(after.values())
    assert running.http.get(f"/apps/{app}/releases").json() == versions
    assert running.http.post("/_rehearsal/apps/nobody/cycle").status_code == 404


def test_an_eco_app_sleeps_with_its_worker_and_the_next_request_wakes_it(running: Running) -> None:
    app = deploy(running, "eco")
    running.up(app, "web.1", "worker.1")
    before = running.visit(app).json()["pid"]
    assert running.http.post(f"/_rehearsal/apps/{app}/sleep").status_code == 202
    assert running.states(app) == {"web.1": "idle", "worker.1": "idle"}
    for dyno in ("web.1", "worker.1"):
        said(running, app, dyno, "Idling", "State changed from up to down", "Stopping all processes with SIGTERM")
        said(running, app, dyno, "Stopping all processes with SIGTERM", r"Process exited with status \d+")
    assert running.states(app) == {"web.1": "idle", "worker.1": "idle"}
    answer = running.visit(app)  # waits, and is answered
    assert answer.status_code == 200
    assert answer.json()["pid"] != before
    for dyno in ("web.1", "worker.1"):
        said(running, app, dyno, "Unidling", "State changed from down to starting", "State changed from starting to up")
    assert running.states(app) == {"web.1": "up", "worker.1": "up"}
    assert "code=H" not in "".join(running.lines(app))


def test_other_sizes_do_not_sleep(running: Running) -> None:
    app = deploy(running, "basic")
    running.up(app, "web.1", "worker.1")
    refused = running.http.post(f"/_rehearsal/apps/{app}/sleep")
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert running.states(app) == {"web.1": "up", "worker.1": "up"}


IDLE = 1.0


@pytest.fixture(scope="module")
def sleepy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A rehearsal where half an hour is a second."""
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process", settings=replace(QUICK, eco_idle=IDLE))
    yield running
    running.stop()


def test_eco_dynos_sleep_when_there_is_no_web_traffic(sleepy: Running) -> None:
    app = deploy(sleepy, "eco")
    for _ in range(4):
        assert sleepy.visit(app).status_code == 200
        threading.Event().wait(0.4 * IDLE)
    until(lambda: sleepy.states(app) == {"web.1": "idle", "worker.1": "idle"}, what="it sleeps")
    # Every request counted: whenever it fell asleep, the last one was that long ago.
    lines = sleepy.lines(app)
    slept = [number for number, line in enumerate(lines) if line.endswith("heroku[web.1]: Idling")]
    assert slept
    for number in slept:
        asked = [line for line in lines[:number] if "heroku[router]" in line]
        assert not asked or _seconds(lines[number]) - _seconds(asked[-1]) > IDLE - 0.1


def _seconds(line: str) -> float:
    return datetime.fromisoformat(line.split()[0]).timestamp()
