"""Pipeline promotions: the slug of one app becomes a release of another, with that app's config vars and release phase."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.samples import FILES, command
from tests.waiting import until

TYPES = {"web": command("web.py"), "release": command("release.py")}


def pipeline(running: Running, **stages: str) -> str:
    """A pipeline with these apps: its id."""
    running.pipelines = getattr(running, "pipelines", 0) + 1  # type: ignore[attr-defined]
    made = running.http.post("/pipelines", json={"name": f"line-{running.pipelines}"}).json()  # type: ignore[attr-defined]
    for stage, app in stages.items():
        asked = {"app": running.record(app).id, "pipeline": made["id"], "stage": stage}
        assert running.http.post("/pipeline-couplings", json=asked).status_code == 201
    return str(made["id"])


def promote(running: Running, line: str, source: str, *targets: str, release: str = "") -> Any:
    body: dict[str, Any] = {"pipeline": {"id": line}, "source": {"app": {"id": running.record(source).id}}}
    body["targets"] = [{"app": {"id": running.record(each).id}} for each in targets]
    if release:
        body["source"]["release"] = {"id": release}
    return running.http.post("/pipeline-promotions", json=body)


def ended(running: Running, promotion: str) -> list[dict[str, Any]]:
    """Its targets, when it is completed."""
    until(lambda: running.http.get(f"/pipeline-promotions/{promotion}").json()["status"] == "completed", what="completed")
    found: list[dict[str, Any]] = running.http.get(f"/pipeline-promotions/{promotion}/promotion-targets").json()
    return found


@pytest.fixture(scope="module")
def staging(running: Running) -> str:
    app = running.app()
    running.release(app, TYPES, FILES)
    running.up(app)
    return app


def test_the_very_slug_runs_with_the_targets_own_config_and_phase(running: Running, staging: str) -> None:
    production = running.app()
    running.http.patch(f"/apps/{production}/config-vars", json={"COLOUR": "blue"})
    line = pipeline(running, staging=staging, production=production)
    answer = promote(running, line, staging, production)
    assert answer.status_code == 201
    (target,) = ended(running, answer.json()["id"])
    assert (target["status"], target["error_message"]) == ("succeeded", None)
    made = running.http.get(f"/apps/{production}/releases/{target['release']['id']}").json()
    source = running.http.get(f"/apps/{staging}/releases/current").json()
    assert made["slug"] == source["slug"]
    assert made["description"].startswith(f"Promote {staging} v{source['version']} c0ffee00")
    assert running.http.get(f"/apps/{production}/slugs/{made['slug']['id']}").json()["commit"].startswith("c0ffee")
    running.up(production)
    assert running.visit(production).json()["environ"]["COLOUR"] == "blue"
    running.logged(production, "migration 2")
    running.http.delete(f"/pipelines/{line}")


def test_a_release_phase_that_fails_at_the_target_fails_there_only(running: Running, staging: str) -> None:
    production = running.app()
    running.release(production, {"web": command("web.py")}, FILES)
    running.http.patch(f"/apps/{production}/config-vars", json={"RELEASE_STATUS": "3"})
    running.up(production)
    before = running.visit(production).json()["pid"]
    line = pipeline(running, staging=staging, production=production)
    (target,) = ended(running, promote(running, line, staging, production).json()["id"])
    assert target["status"] == "failed"
    assert target["error_message"]
    assert running.http.get(f"/apps/{production}/releases/{target['release']['id']}").json()["status"] == "failed"
    assert running.visit(production).json()["pid"] == before
    running.http.delete(f"/pipelines/{line}")


def test_a_named_release_is_promoted_although_a_newer_one_runs(running: Running) -> None:
    source, target = running.app(), running.app()
    old = running.release(source, {"worker": "sleep 60"}, {})
    running.release(source, {"worker": "sleep 61"}, {})
    line = pipeline(running, staging=source, production=target)
    (found,) = ended(running, promote(running, line, source, target, release=old.id).json()["id"])
    made = running.http.get(f"/apps/{target}/releases/{found['release']['id']}").json()
    assert made["slug"]["id"] == old.slug_id


def test_what_cannot_be_promoted(running: Running, staging: str) -> None:
    production, empty, container = running.app(), running.app(), running.app(stack="container")
    line = pipeline(running, staging=staging, production=production, development=empty, test=container)
    stranger = running.app()
    for source, target, said in (
        (staging, stranger, f"App {stranger} is not in the pipeline"),
        (stranger, production, f"App {stranger} is not in the pipeline"),
        (staging, container, "not supported on apps of the container stack"),
        (container, production, "not supported on apps of the container stack"),
        (empty, production, f"App {empty} has no release to promote"),
        (staging, staging, "cannot be promoted to itself"),
    ):
        answer = promote(running, line, source, target)
        assert (answer.status_code, answer.json()["id"]) == (422, "invalid_params")
        assert said in answer.json()["message"]
    assert promote(running, line, staging).status_code == 422
    assert promote(running, "no-such-pipeline", staging, production).status_code == 404
    assert running.http.get("/pipeline-promotions/none").status_code == 404
    running.http.delete(f"/pipelines/{line}")


def test_a_promoted_slug_outlives_the_app_that_it_came_from(running: Running) -> None:
    source, target = running.app(), running.app()
    running.release(source, {"web": command("web.py")}, FILES)
    line = pipeline(running, staging=source, production=target)
    ended(running, promote(running, line, source, target).json()["id"])
    running.up(target)
    assert running.http.delete(f"/apps/{source}").status_code == 200
    slug = running.http.get(f"/apps/{target}/releases/current").json()["slug"]["id"]
    assert running.http.get(f"/apps/{target}/slugs/{slug}").status_code == 200
    running.http.delete(f"/apps/{target}/dynos")
    until(lambda: running.states(target).get("web.1") == "starting", what="another dyno")
    running.up(target)
