"""A new release while visitors come: with preboot nobody notices, without it everybody waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.rehearsal.harness import QUICK, Running
from tests.rehearsal.load import Load
from tests.rehearsal.samples import FILES, command
from tests.waiting import until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A rehearsal whose router is patient: a machine that is busy is no reason to lose a request."""
    settings = replace(QUICK, first_byte=15.0, boot_timeout=15.0, boot_queue=15.0, farewell=1.0)
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process", settings=settings)
    yield running
    running.stop()


@pytest.fixture
def app(running: Running) -> str:
    """A site with one Standard-1X dyno."""
    name = running.app()
    running.release(name, {"web": command("web.py"), "worker": command("polite.py")}, FILES)
    running.http.patch(f"/apps/{name}/formation/web", json={"size": "standard-1x"})
    running.up(name)
    return name


def preboot(running: Running, app: str) -> None:
    assert running.http.patch(f"/apps/{app}/features/preboot", json={"enabled": True}).json()["enabled"]


def load(running: Running, app: str, *paths: str) -> Load:
    return Load(f"http://127.0.0.1:{running.world.router_port}", f"{app}.localhost", paths or ("/",))


def requests(running: Running, app: str) -> dict[int, dict[str, Any]]:
    """What the router counted, by release."""
    return {count["release"]: count for count in running.http.get(f"/_rehearsal/apps/{app}/requests").json()}


def test_only_standard_and_performance_dynos_have_preboot(running: Running) -> None:
    app = running.app()
    running.release(app, {"web": command("web.py")}, FILES)
    for size in ("basic", "eco"):
        running.http.patch(f"/apps/{app}/formation/web", json={"size": size})
        refused = running.http.patch(f"/apps/{app}/features/preboot", json={"enabled": True})
        assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    running.http.patch(f"/apps/{app}/formation/web", json={"size": "performance-m"})
    preboot(running, app)


def test_the_new_dynos_are_listed_and_the_old_ones_answer_until_the_switch(running: Running, app: str) -> None:
    preboot(running, app)
    old = running.http.get(f"/apps/{app}/dynos/web.1").json()
    before = running.visit(app).json()["pid"]
    running.http.patch(f"/apps/{app}/config-vars", json={"BOOT": "0.5"})
    until(lambda: running.http.get(f"/apps/{app}/dynos/web.1").json()["id"] != old["id"], what="the new dyno is listed")
    assert running.states(app) == {"web.1": "starting"}
    seen = {before}

    def changed() -> bool:
        answer = running.visit(app)
        assert answer.status_code == 200
        seen.add(answer.json()["pid"])
        return answer.json()["pid"] != before

    until(changed, what="the new dyno answers")
    assert len(seen) == 2
    until(lambda: "Process exited with status 143" in "".join(running.lines(app)), what="the old one has left")
    version = running.http.get(f"/apps/{app}/dynos/web.1").json()["release"]["version"]
    assert requests(running, app)[version]["gap_seconds"] == 0.0


def test_a_second_release_takes_the_place_of_the_first_before_its_switch(running: Running, app: str) -> None:
    preboot(running, app)
    before = running.visit(app).json()["pid"]
    running.http.patch(f"/apps/{app}/config-vars", json={"BOOT": "30"})
    until(lambda: running.states(app).get("web.1") == "starting", what="the first boots")
    running.http.patch(f"/apps/{app}/config-vars", json={"BOOT": "0", "SECOND": "yes"})
    until(lambda: running.visit(app).json()["pid"] != before, what="another answers")
    assert running.visit(app).json()["environ"]["SECOND"] == "yes"
    assert "Error R10" not in "".join(running.lines(app))


def test_without_web_dynos_there_is_nothing_to_switch_to(running: Running, app: str) -> None:
    preboot(running, app)
    running.http.patch(f"/apps/{app}/config-vars", json={"BOOT": "30"})
    until(lambda: running.states(app).get("web.1") == "starting", what="the new dyno boots")
    assert running.visit(app).status_code == 200
    running.http.patch(f"/apps/{app}/formation/web", json={"quantity": 0})
    assert running.visit(app).status_code == 503
    running.logged(app, "code=H14")


@pytest.mark.parametrize("cause", ["deploy", "cycle"])
def test_with_preboot_no_request_is_lost_under_load(running: Running, app: str, cause: str) -> None:
    """Slow requests included: those that the old dyno has begun are answered before it is told to go."""
    preboot(running, app)
    paths = ("/", "/", "/", "/", "/slow?s=1.3")
    with load(running, app, *paths) as visitors:
        until(lambda: len(visitors.answers) >= 20, what="visitors come")
        if cause == "deploy":
            running.release(app, {"web": command("web.py"), "worker": command("polite.py")}, FILES)
        else:
            running.http.post(f"/_rehearsal/apps/{app}/cycle")
        until(lambda: len(visitors.pids) == 2, what="the new dyno answers")
        there = len(visitors.answers)
        until(lambda: len(visitors.answers) >= there + 30, what="visitors still come")
    assert visitors.lost == []
    assert len(visitors.pids) == 2
    version = running.http.get(f"/apps/{app}/dynos/web.1").json()["release"]["version"]
    counted = requests(running, app)
    assert (counted[version]["waited"], counted[version]["5xx"], counted[version]["gap_seconds"]) == (0, 0, 0.0)
    assert sum(count["total"] for count in counted.values()) == len(visitors.answers)


def test_without_preboot_requests_wait_for_the_new_dyno_and_the_gap_is_measured(running: Running, app: str) -> None:
    with load(running, app, "/", "/slow?s=0.3") as visitors:
        until(lambda: len(visitors.answers) >= 20, what="visitors come")
        running.http.patch(f"/apps/{app}/config-vars", json={"BOOT": "0.8"})
        until(lambda: len(visitors.pids) == 2, what="the new dyno answers")
    assert visitors.lost == []
    version = running.http.get(f"/apps/{app}/dynos/web.1").json()["release"]["version"]
    counted = requests(running, app)[version]
    assert counted["gap_seconds"] >= 0.8
    assert counted["waited"] >= 10
    assert counted["waited_ms"] >= 800
    assert counted["first_ms"] < counted["waited_ms"]  # what it waited in the router is not the dyno's
