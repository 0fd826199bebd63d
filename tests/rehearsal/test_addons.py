"""Add-ons without Docker: TLS and nothing else, config vars, attachments, data that stays."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from rehearsal.world import World
from tests.rehearsal.harness import Running
from tests.waiting import until

POSTGRES, REDIS = "heroku-postgresql:essential-0", "heroku-redis:mini"


def provision(running: Running, app: str, plan: str, **more: Any) -> dict[str, Any]:
    """Create an add-on and wait until it is there."""
    made = running.http.post(f"/apps/{app}/addons", json={"plan": plan, **more})
    assert made.status_code == 201, made.text
    path = f"/apps/{app}/addons/{made.json()['name']}"
    until(lambda: running.http.get(path).json()["state"] == "provisioned", what=f"{plan} is there", seconds=60)
    found: dict[str, Any] = running.http.get(path).json()
    return found


@pytest.fixture(scope="module")
def app(running: Running) -> str:
    name = running.app()
    provision(running, name, POSTGRES)
    provision(running, name, REDIS)
    return name


def test_postgres_speaks_tls_and_refuses_everything_else(running: Running, app: str) -> None:
    url = running.http.get(f"/apps/{app}/config-vars").json()["DATABASE_URL"]
    assert url.startswith("postgres://")
    assert "sslmode" not in url
    with pytest.raises(psycopg2.OperationalError, match=r"no pg_hba\.conf entry for host .*, no encryption"):
        psycopg2.connect(url, sslmode="disable")
    with pytest.raises(psycopg2.OperationalError, match="certificate"):
        psycopg2.connect(url, sslmode="verify-full")
    connection = psycopg2.connect(url, sslmode="require")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper, rolconnlimit FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False, 20)
            cursor.execute("SHOW server_version_num")
            assert cursor.fetchone()[0].startswith("18")
    finally:
        connection.close()


def test_key_value_store_speaks_tls_with_a_certificate_that_nobody_signed(running: Running, app: str) -> None:
    url = running.http.get(f"/apps/{app}/config-vars").json()["REDIS_URL"]
    parts = urlsplit(url)
    assert (parts.scheme, parts.username, parts.path) == ("rediss", "", "")
    assert redis.from_url(url, ssl_cert_reqs=None).ping()
    with pytest.raises((redis.ConnectionError, ssl.SSLError), match="certificate"):
        redis.from_url(url).ping()
    with pytest.raises(redis.ConnectionError):
        redis.Redis(host=parts.hostname or "", port=parts.port or 0, password=parts.password, socket_timeout=3).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.from_url(url.replace(parts.password or "", "wrong"), ssl_cert_reqs=None).ping()


def test_an_add_on_makes_a_release_that_names_it(running: Running, app: str) -> None:
    addons = {each["addon_service"]["name"]: each for each in running.http.get(f"/apps/{app}/addons").json()}
    told = [each["description"] for each in running.http.get(f"/apps/{app}/releases").json()]
    assert f"Attach DATABASE (@ref:{addons['heroku-postgresql']['name']})" in told
    assert f"Attach REDIS (@ref:{addons['heroku-redis']['name']})" in told
    assert addons["heroku-redis"]["config_vars"] == ["REDIS_URL"]


def test_what_an_add_on_has_set_cannot_be_set_by_hand(running: Running, app: str) -> None:
    answer = running.http.patch(f"/apps/{app}/config-vars", json={"DATABASE_URL": "postgres://elsewhere/x"})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Cannot overwrite attachment values DATABASE_URL."


@pytest.mark.parametrize("plan", ["heroku-postgresql:mini", "heroku-redis:hobby-dev", "heroku-kafka:basic-0"])
def test_plans_that_are_none(running: Running, app: str, plan: str) -> None:
    answer = running.http.post(f"/apps/{app}/addons", json={"plan": plan})
    assert answer.status_code == 422
    assert plan in answer.json()["message"]


def test_attachments_to_another_app(running: Running, app: str) -> None:
    other = running.app()
    addon = running.http.get(f"/apps/{app}/addons").json()[0]
    asked = {"addon": addon["name"], "app": other, "name": "SHARED"}
    made = running.http.post("/addon-attachments", json=asked)
    assert made.status_code == 201
    assert "SHARED_URL" in running.http.get(f"/apps/{other}/config-vars").json()
    resolved = running.http.post("/actions/addon-attachments/resolve", json={"addon_attachment": "SHARED_URL", "app": other})
    assert [each["id"] for each in resolved.json()] == [made.json()["id"]]
    resolved = running.http.post("/actions/addons/resolve", json={"addon": "SHARED", "app": other})
    assert [each["id"] for each in resolved.json()] == [addon["id"]]
    assert running.http.delete(f"/apps/{app}/addons/{addon['name']}").status_code == 423  # attached elsewhere
    assert running.http.delete(f"/addon-attachments/{made.json()['id']}").status_code == 200
    assert running.http.get(f"/apps/{other}/config-vars").json() == {}
    last = running.http.get(f"/addons/{addon['id']}/addon-attachments").json()[0]
    assert running.http.delete(f"/addon-attachments/{last['id']}").status_code == 422


def test_a_second_database_has_a_colour(running: Running, app: str) -> None:
    made = provision(running, app, POSTGRES)
    (variable,) = made["config_vars"]
    assert variable.startswith("HEROKU_POSTGRESQL_")
    assert running.http.delete(f"/apps/{app}/addons/{made['name']}").status_code == 200
    assert variable not in running.http.get(f"/apps/{app}/config-vars").json()


@pytest.mark.slow
def test_data_is_there_after_a_restart(running: Running, app: str) -> None:
    before = running.http.get(f"/apps/{app}/config-vars").json()
    _execute(before["DATABASE_URL"], "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    redis.from_url(before["REDIS_URL"], ssl_cert_reqs=None).set("kept", "8")
    world = running.world

    async def again() -> World:
        await world.stop()
        fresh = World(world.home, settings=world.settings, runtime="process", port=world.port)
        await fresh.start()
        return fresh

    running.world = running.call(again())
    after = running.http.get(f"/apps/{app}/config-vars").json()
    assert after == before
    assert _execute(after["DATABASE_URL"], "SELECT n FROM kept") == 7
    assert redis.from_url(after["REDIS_URL"], ssl_cert_reqs=None).get("kept") == b"8"


def _execute(url: str, statement: str) -> Any:
    connection = psycopg2.connect(url, sslmode="require")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()
