"""The three answers, whatever the rest of the site would say to the request."""

import json
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client, override_settings
from rq.utils import now, utcformat

from djheroku.health.middleware import Ready


@pytest.fixture
def memory() -> redis.Redis:
    """An empty Redis."""
    memory = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    memory.flushdb()
    return memory


def add_worker(memory: redis.Redis, name: str, **fields: str) -> None:
    """A worker as it registers itself."""
    mapping = {"last_heartbeat": utcformat(now()), "commit": "c0ffee", "release": "v42"} | fields
    memory.hset(f"rq:worker:{name}", mapping=mapping)
    memory.sadd("rq:workers:default", f"rq:worker:{name}")


def ready() -> tuple[int, dict[str, Any]]:
    return Ready()()


def test_live_answers_whatever_the_host_header_says() -> None:
    response = Client().get("/health/live", headers={"host": "evil.example"})
    assert (response.status_code, response.json()) == (200, {"ok": True})
    assert response["Cache-Control"] == "no-store"


@override_settings(SECURE_SSL_REDIRECT=True)
def test_no_redirect_to_tls() -> None:
    assert Client().get("/health/live").status_code == 200
    assert Client().get("/", headers={"host": "localhost"}).status_code == 301


def test_head_has_no_body_and_other_methods_are_refused() -> None:
    head = Client().head("/health/live")
    assert (head.status_code, head.content) == (200, b"")
    assert Client().post("/health/live").status_code == 405


@override_settings(COMMIT="c0ffee", RELEASE_VERSION="v42")
def test_release_names_the_code() -> None:
    answer = Client().get("/health/release").json()
    assert (answer["commit"], answer["release"]) == ("c0ffee", "v42")
    assert set(answer) == {"commit", "release", "python", "django"}


@pytest.mark.django_db(transaction=True)
def test_ready_when_everything_is_there(memory: redis.Redis) -> None:
    add_worker(memory, "worker.1.7.abc")
    status, answer = ready()
    assert status == 200, answer
    assert list(answer["checks"]) == ["database", "cache", "queue", "migrations", "worker"]
    for check in answer["checks"].values():
        assert check["ok"] is True
        assert 0 <= check["ms"] < 2000
    [worker] = answer["workers"]
    assert worker.pop("heartbeat_age_s") < 5
    assert worker == {"name": "worker.1.7.abc", "commit": "c0ffee", "release": "v42"}


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_judged_by_its_heartbeat(memory: redis.Redis) -> None:
    add_worker(memory, "killed", last_heartbeat="2026-01-01T00:00:00.000000Z")
    add_worker(memory, "ended", death=utcformat(now()))
    status, answer = ready()
    assert (status, answer["workers"]) == (503, [])
    assert answer["checks"]["worker"] | {"ms": 0} == {"ok": False, "ms": 0, "detail": "no worker has given a sign of life"}
    assert answer["checks"]["database"]["ok"] is True


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_is_not_applied_is_named(memory: redis.Redis) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    add_worker(memory, "one")
    applied = MigrationRecorder.Migration.objects
    applied.filter(app="keygen").update(app="elsewhere")
    try:
        status, answer = ready()
    finally:
        applied.filter(app="elsewhere").update(app="keygen")
    assert status == 503
    assert "keygen.0001" in answer["checks"]["migrations"]["detail"]


@pytest.mark.django_db(transaction=True)
def test_neither_passwords_nor_hosts_are_told(memory: redis.Redis) -> None:
    add_worker(memory, "one")
    _, answer = ready()
    said = json.dumps(answer)
    database = settings.DATABASES["default"]
    for secret in (database["PASSWORD"], database["HOST"], settings.REDIS_URL, settings.SECRET_KEY):
        assert not secret or secret not in said
