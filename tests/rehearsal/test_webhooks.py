"""Webhooks of an app: kept and shown, refused where they make no sense, and never told anything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.harness import Running

HOOK: dict[str, Any] = {"url": "https://example.com/told", "include": ["api:release"], "level": "notify"}


@pytest.fixture
def hooks(running: Running) -> str:
    return f"/apps/{running.app()}/webhooks"


def test_one_from_beginning_to_end(running: Running, hooks: str) -> None:
    answer = running.http.post(hooks, json=HOOK)
    assert answer.status_code == 201
    assert len(answer.headers["Heroku-Webhook-Secret"]) == 60
    made = answer.json()
    assert {name: made[name] for name in HOOK} == HOOK
    assert made["app"]["name"] == hooks.split("/")[2]
    assert running.http.get(hooks).json() == [made]
    assert running.http.get(f"{hooks}/{made['id']}").json() == made
    changed = running.http.patch(f"{hooks}/{made['id']}", json={"url": "https://example.com/other"}).json()
    assert (changed["id"], changed["url"], changed["include"]) == (made["id"], "https://example.com/other", ["api:release"])
    assert running.http.delete(f"{hooks}/{made['id']}").json()["id"] == made["id"]
    assert running.http.get(hooks).json() == []


def test_what_is_secret_is_never_told_again(running: Running, hooks: str) -> None:
    answer = running.http.post(hooks, json={**HOOK, "secret": "hush", "authorization": "Bearer hush"})
    assert "Heroku-Webhook-Secret" not in answer.headers
    assert "hush" not in answer.text + running.http.get(hooks).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "not an address"}, "Url is invalid."),
        ({"url": "ftp://example.com"}, "Url is invalid."),
        ({"url": "https://"}, "Url is invalid."),
        ({"url": None}, "Require params: url."),
        ({"include": ["api:weather"]}, "Include api:weather is not a known entity."),
        ({"include": []}, "Parameter include must be a list of strings."),
        ({"include": None}, "Require params: include."),
        ({"level": "loud"}, "Level must be one of: notify, sync."),
        ({"colour": "red"}, "Unknown parameter: colour"),
    ],
)
def test_what_is_refused(running: Running, hooks: str, wrong: dict[str, Any], said: str) -> None:
    answer = running.http.post(hooks, json=HOOK | wrong)
    assert answer.status_code == 422
    assert answer.json() == {"id": "invalid_params", "message": said}
    made = running.http.post(hooks, json=HOOK).json()
    answer = running.http.patch(f"{hooks}/{made['id']}", json=wrong)
    assert answer.status_code == 422


def test_one_of_another_app_is_not_found(running: Running, hooks: str) -> None:
    made = running.http.post(hooks, json=HOOK).json()
    for method in ("GET", "PATCH", "DELETE"):
        answer = running.http.request(method, f"/apps/{running.app()}/webhooks/{made['id']}", json={})
        assert (answer.status_code, answer.json()["message"]) == (404, "Couldn't find that webhook.")


def test_they_go_with_their_app(running: Running, hooks: str) -> None:
    running.http.post(hooks, json=HOOK)
    name = hooks.split("/")[2]
    app = running.record(name)
    running.http.delete(f"/apps/{name}")
    running.http.post("/apps", json={"name": name})
    assert running.http.get(hooks).json() == []
    assert running.record(name).id != app.id
