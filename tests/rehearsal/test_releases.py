"""Releases: numbers, descriptions, the release phase, rollback, and what a failing phase leaves as it was."""

from __future__ import annotations

import httpx
import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.samples import FILES, command
from tests.waiting import until

TYPES = {"web": command("web.py"), "release": command("release.py")}


def newest(running: Running, app: str) -> dict[str, object]:
    answer = running.http.get(f"/apps/{app}/releases", headers={"Range": "version ..; max=1, order=desc"})
    assert answer.status_code == 206
    found: dict[str, object] = answer.json()[0]
    return found


def test_numbers_and_descriptions(running: Running) -> None:
    app = running.app()
    running.http.patch(f"/apps/{app}/config-vars", json={"A": "1", "B": "2"})
    running.http.patch(f"/apps/{app}/config-vars", json={"A": None})
    running.http.patch(f"/apps/{app}/config-vars", json={"B": "2"})  # nothing new: no release
    running.release(app, {"web": command("web.py")}, FILES)
    told = [(each["version"], each["description"]) for each in running.http.get(f"/apps/{app}/releases").json()]
    assert told == [
        (1, "Initial release"),
        (2, "Enable Logplex"),
        (3, "Set A, B config vars"),
        (4, "Remove A config vars"),
        (5, "Deploy c0ffee00"),
    ]
    assert newest(running, app)["current"] is True
    assert "app[api]: Release v5 created by user " in running.logged(app, "Release v5")


def test_the_release_phase_runs_before_the_dynos_change(running: Running) -> None:
    app = running.app()
    made = running.release(app, TYPES, FILES)
    assert made.status == "succeeded"
    running.up(app)
    lines = running.lines(app)
    phase = next(i for i, line in enumerate(lines) if "Process exited with status 0" in line and "heroku[release." in line)
    boot = next(i for i, line in enumerate(lines) if "heroku[web.1]: Starting process" in line)
    assert phase < boot
    url = newest(running, app)["output_stream_url"]
    assert isinstance(url, str)
    assert httpx.get(url, trust_env=False).text == "migration 0\nmigration 1\nmigration 2\n"
    rest = httpx.get(url, headers={"Range": "bytes=12-"}, trust_env=False)
    assert (rest.status_code, rest.text) == (206, "migration 1\nmigration 2\n")


def test_a_failing_release_phase_keeps_the_old_release(running: Running) -> None:
    app = running.app()
    running.release(app, TYPES, FILES)
    running.up(app)
    before = running.visit(app).json()["pid"]
    running.http.patch(f"/apps/{app}/config-vars", json={"RELEASE_STATUS": "4"})
    until(lambda: newest(running, app)["status"] == "failed", what="the release fails")
    assert newest(running, app)["current"] is False
    assert newest(running, app)["eligible_for_rollback"] is False
    assert running.visit(app).json()["pid"] == before
    assert running.http.get(f"/apps/{app}/config-vars").json()["RELEASE_STATUS"] == "4"  # the change itself stays
    running.logged(app, "Process exited with status 4")


def test_rollback_makes_a_new_release_with_old_code_and_config(running: Running) -> None:
    app = running.app()
    running.http.patch(f"/apps/{app}/config-vars", json={"COLOUR": "red"})
    old = running.release(app, {"web": command("web.py")}, FILES)
    running.http.patch(f"/apps/{app}/config-vars", json={"COLOUR": "blue"})
    running.release(app, {"web": command("web.py"), "clock": command("polite.py")}, FILES)
    answer = running.http.post(f"/apps/{app}/releases", json={"release": old.id})
    assert answer.status_code == 201
    made = answer.json()
    assert made["description"] == f"Rollback to v{old.version}"
    assert made["slug"]["id"] == old.slug_id
    assert running.http.get(f"/apps/{app}/config-vars").json() == {"COLOUR": "red"}
    until(lambda: running.visit(app).json()["environ"].get("COLOUR") == "red", what="the old code with the old config")
    assert [each["type"] for each in running.http.get(f"/apps/{app}/formation").json()] == ["web"]


@pytest.mark.parametrize("wanted", ["1", "v1", "current"])
def test_a_release_by_number_and_name(running: Running, wanted: str) -> None:
    app = running.app()
    found = running.http.get(f"/apps/{app}/releases/{wanted}").json()
    assert found["version"] == (2 if wanted == "current" else 1)


def test_one_cannot_go_back_to_a_release_without_code(running: Running) -> None:
    app = running.app()
    answer = running.http.post(f"/apps/{app}/releases", json={"release": "v1"})
    assert answer.status_code == 422
    assert answer.json()["id"] == "invalid_params"


def test_old_slugs_expire(running: Running) -> None:
    app = running.app()
    versions = [running.release(app, {"worker": "sleep 60"}, {}).version for _ in range(4)]
    until(lambda: running.http.get(f"/apps/{app}/releases/{versions[1]}").json()["status"] == "expired", what="expired")
    told = [running.http.get(f"/apps/{app}/releases/{version}").json()["status"] for version in versions]
    assert told == ["expired", "expired", "succeeded", "succeeded"]
    assert running.http.post(f"/apps/{app}/releases", json={"release": f"v{versions[0]}"}).status_code == 422
