"""Dynos as processes: states, log lines, restarts, and how they end."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import pairwise

from tests.rehearsal.harness import Running
from tests.rehearsal.samples import FILES, command
from tests.waiting import until


def test_a_web_dyno_comes_up_and_is_told_what_heroku_tells(running: Running) -> None:
    app = running.app()
    running.http.patch(f"/apps/{app}/config-vars", json={"GREETING": "hello\nthere"})
    running.release(app, {"web": command("web.py")}, FILES)
    running.up(app)

    facts = running.visit(app).json()
    environ = facts["environ"]
    assert environ["GREETING"] == "hello\nthere"
    assert environ["DYNO"] == "web.1"
    assert environ["PORT"].isdigit()
    assert environ["DYNO_RAM"] == "512"
    assert "DATABASE_URL" not in environ
    assert "USER" not in environ
    for text in ("State changed from down to starting", "Starting process with command `", "State changed from starting to up"):
        assert "heroku[web.1]: " + text in running.logged(app, text)
    assert "app[web.1]: listening" in running.logged(app, "listening")


def test_a_dyno_writes_to_a_copy_of_its_own(running: Running) -> None:
    app = running.app()
    running.release(app, {"web": f"touch written; {command('web.py')}"}, FILES)
    running.up(app)
    assert "written" in running.visit(app).json()["files"]
    slug = running.http.get(f"/apps/{app}/releases").json()[-1]["slug"]["id"]
    assert running.http.get(f"/apps/{app}/slugs/{slug}").json()["process_types"]
    assert not list((running.home / "slugs").glob("*/app/written"))


def test_slow_boot_is_waited_for_by_router_and_manager(running: Running) -> None:
    app = running.app()
    running.http.patch(f"/apps/{app}/config-vars", json={"BOOT": "1"})
    running.release(app, {"web": command("web.py")}, FILES)
    assert running.visit(app).status_code == 200


def test_a_crash_at_boot_is_h10_and_is_tried_again_with_longer_pauses(running: Running) -> None:
    app = running.app()
    running.release(app, {"web": "nonsense --now"}, FILES)
    running.logged(app, "nonsense: command not found")
    running.logged(app, "Process exited with status 127")

    def failed() -> bool:
        answer = running.visit(app)
        return answer.status_code == 503 and "Application error" in answer.text and "H10" in "".join(running.lines(app))

    until(failed, what="H10")
    assert 'at=error code=H10 desc="App crashed"' in running.logged(app, "code=H10")

    def starts() -> list[str]:
        return [line.split()[0] for line in running.lines(app) if "Starting process" in line]

    times = until(lambda: starts() if len(starts()) >= 4 else [], what="four starts")
    gaps = [_seconds(later) - _seconds(earlier) for earlier, later in pairwise(times)]
    assert gaps[0] < gaps[2]


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def test_sigterm_reaches_all_processes_of_a_dyno(running: Running) -> None:
    app = running.app()
    # The shell stays in between, and its own end must not end the others.
    running.release(app, {"worker": f"{command('polite.py')}; true"}, FILES)
    running.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 1})
    running.up(app, "worker.1")
    running.logged(app, "ready")
    running.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 0})
    running.logged(app, "Stopping all processes with SIGTERM")
    running.logged(app, "worker.1]: goes")
    running.logged(app, "child goes")
    assert running.states(app) == {}


def test_what_ignores_sigterm_is_killed_after_the_grace(running: Running) -> None:
    app = running.app()
    running.release(app, {"worker": command("stubborn.py")}, FILES)
    running.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 1})
    running.up(app, "worker.1")
    running.logged(app, "ready")
    began = time.monotonic()
    running.http.delete(f"/apps/{app}/dynos/worker.1")
    running.logged(app, "Restarting")
    running.logged(app, "Error R12 (Exit timeout) -> At least one process failed to exit within 2 seconds of SIGTERM")
    assert time.monotonic() - began >= 1.9
    running.logged(app, "Stopping remaining processes with SIGKILL")
    running.up(app, "worker.1")


def test_scaling_and_restarting(running: Running) -> None:
    app = running.app()
    running.release(app, {"web": command("web.py"), "worker": command("polite.py")}, FILES)
    assert {each["type"]: each["quantity"] for each in running.http.get(f"/apps/{app}/formation").json()} == {
        "web": 1,
        "worker": 0,
    }
    running.http.patch(
        f"/apps/{app}/formation",
        json={
            "updates": [
                {"type": "web", "quantity": 2, "size": "standard-1x"},
                {"type": "worker", "quantity": 1, "size": "standard-2x"},
            ]
        },
    )
    running.up(app, "web.1", "web.2", "worker.1")
    assert "Scaled to web@2:Standard-1X worker@1:Standard-2X" in running.logged(app, "Scaled to")
    before = {dyno["name"]: dyno["id"] for dyno in running.http.get(f"/apps/{app}/dynos").json()}
    assert len({running.visit(app).json()["pid"] for _ in range(4)}) == 2  # in turn

    assert running.http.delete(f"/apps/{app}/dynos/web.1").status_code == 202
    running.up(app, "web.1", "web.2")
    after = {dyno["name"]: dyno["id"] for dyno in running.http.get(f"/apps/{app}/dynos").json()}
    assert after["web.1"] != before["web.1"]
    assert after["web.2"] == before["web.2"]

    running.http.post(f"/apps/{app}/dynos/web.2/actions/stop")
    until(lambda: running.states(app).get("web.2") == "down", what="web.2 down")
    running.http.delete(f"/apps/{app}/dynos")
    running.up(app, "web.1", "web.2", "worker.1")


def test_a_detached_one_off_dyno(running: Running) -> None:
    app = running.app()
    running.release(app, {"web": command("web.py")}, FILES)
    asked = {"command": "echo $DYNO $MORE port=$PORT; exit 3", "env": {"MORE": "more"}}
    answer = running.http.post(f"/apps/{app}/dynos", json=asked)
    assert answer.status_code == 201
    dyno = answer.json()
    assert dyno["name"].startswith("run.")
    assert dyno["attach_url"] is None
    assert f"{dyno['name']} more port=" in running.logged(app, " more port=")
    running.logged(app, "Process exited with status 3")
    until(lambda: dyno["name"] not in running.states(app), what="the dyno is gone")


def test_sizes_are_checked_as_heroku_does(running: Running) -> None:
    app = running.app()
    running.release(app, {"web": command("web.py"), "worker": command("polite.py")}, FILES)
    running.up(app)

    def refused(*updates: dict[str, object]) -> tuple[str, str]:
        answer = running.http.patch(f"/apps/{app}/formation", json={"updates": updates})
        assert answer.status_code == 422
        assert running.http.get(f"/apps/{app}/formation").json() == before
        return answer.json()["id"], answer.json()["message"]

    before = running.http.get(f"/apps/{app}/formation").json()
    sizes = "Eco, Basic, Standard-1X, Standard-2X, Performance-M, Performance-L, Performance-L-RAM, Performance-XL"
    sizes += " and Performance-2XL"
    assert refused({"type": "web", "size": "hobby"}) == (
        "invalid_params",
        f"No such size as hobby. Available dyno sizes are {sizes}.",
    )
    for size in ("Eco", "Basic"):
        message = f"Cannot update to more than 1 {size} size dynos per process type."
        assert refused({"type": "web", "quantity": 2, "size": size}) == ("cannot_update_above_limit", message)
    mixed = "Cannot use the following dyno types in the same app: "
    eco = {"type": "worker", "quantity": 1, "size": "eco"}
    assert refused(eco) == ("invalid_params", f"{mixed}Eco and Basic")
    assert refused(eco, {"type": "web", "size": "standard-2x"}) == ("invalid_params", f"{mixed}Eco and Standard-2X")
    fits = [{"type": "worker", "quantity": 1, "size": "standard-1x"}, {"type": "web", "quantity": 2, "size": "performance-m"}]
    assert running.http.patch(f"/apps/{app}/formation", json={"updates": fits}).status_code == 200
    running.up(app, "web.1", "web.2", "worker.1")
    assert running.visit(app).json()["environ"]["DYNO_RAM"] == "2560"
    answer = running.http.post(f"/apps/{app}/dynos", json={"command": "true", "size": "2x"})
    assert (answer.status_code, answer.json()["message"].partition(".")[0]) == (422, "No such size as 2x")
