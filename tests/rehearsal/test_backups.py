"""Backups by the data API, as Heroku's CLI speaks it: real dumps that can be fetched, and restored elsewhere."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg2
import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.test_addons import POSTGRES, REDIS, provision
from tests.waiting import until


@pytest.fixture(scope="module")
def app(running: Running) -> tuple[str, dict[str, Any]]:
    return prepared(running)


def prepared(running: Running) -> tuple[str, dict[str, Any]]:
    name = running.app()
    addon = provision(running, name, POSTGRES)
    execute(running, name, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")
    return name, addon


def execute(running: Running, app: str, statement: str) -> Any:
    connection = psycopg2.connect(running.http.get(f"/apps/{app}/config-vars").json()["DATABASE_URL"], sslmode="require")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def captured(running: Running, app: str, addon: dict[str, Any]) -> dict[str, Any]:
    made = running.http.post(f"/client/v11/databases/{addon['id']}/backups")
    assert made.status_code == 201, made.text
    assert made.json()["from_name"] == "DATABASE"
    return finished(running, app, made.json()["uuid"])


def finished(running: Running, app: str, identity: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = running.http.get(f"/data/client/v11/apps/{app}/transfers/{identity}?verbose=true").json()
        return found if found["finished_at"] else None

    return until(ended, what="the transfer has ended", seconds=60)


def public(running: Running, app: str, number: int) -> str:
    found = running.http.post(f"/client/v11/apps/{app}/transfers/{number}/actions/public-url").json()
    assert found["expires_at"]
    return str(found["url"])


def test_a_backup_is_a_dump_that_can_be_fetched_without_a_token(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    a_backup(running, *app)


def a_backup(running: Running, name: str, addon: dict[str, Any]) -> None:
    done = captured(running, name, addon)
    assert (done["from_type"], done["to_type"], done["succeeded"]) == ("pg_dump", "gof3r", True)
    assert running.http.get(f"/client/v11/apps/{name}/transfers/{done['num']}").json()["uuid"] == done["uuid"]
    assert done["uuid"] in [each["uuid"] for each in running.http.get(f"/client/v11/apps/{name}/transfers").json()]
    url = public(running, name, done["num"])
    fetched = httpx.get(url, trust_env=False)
    assert fetched.content.startswith(b"PGDMP")
    assert len(fetched.content) == done["processed_bytes"]
    assert httpx.get(url.replace(done["uuid"], "0" * 36), trust_env=False).status_code == 404
    assert httpx.get(done["to_url"], trust_env=False).status_code == 404  # it is for a restore


def test_a_restore_puts_back_what_was_there_and_nothing_else(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    a_restore(running, *app)


def a_restore(running: Running, name: str, addon: dict[str, Any]) -> None:
    done = captured(running, name, addon)
    execute(running, name, "UPDATE kept SET word = 'gone'; CREATE TABLE later (n int)")
    body = {"backup_url": public(running, name, done["num"])}
    made = running.http.post(f"/client/v11/databases/{addon['id']}/restores", json=body).json()
    restored = finished(running, name, made["uuid"])
    assert restored["succeeded"], restored["logs"]
    assert (restored["to_type"], restored["num"]) == ("pg_restore", done["num"] + 1)
    assert execute(running, name, "SELECT word FROM kept") == [("here",)]
    assert execute(running, name, "SELECT count(*) FROM pg_tables WHERE tablename = 'later'") == [(0,)]
    execute(
        running,
        name,
        "ALTER TABLE kept OWNER TO current_user; INSERT INTO kept VALUES ('mine'); DELETE FROM kept WHERE word = 'mine'",
    )
    assert execute(running, name, "SHOW search_path") == [('"$user", public, heroku_ext',)]


def test_a_restore_of_what_is_no_dump_says_so(running: Running) -> None:
    other = running.app()
    spare = provision(running, other, POSTGRES)
    made = running.http.post(
        f"/client/v11/databases/{spare['id']}/restores", json={"backup_url": f"{running.world.base}/account"}
    ).json()
    failed = finished(running, other, made["uuid"])
    assert failed["succeeded"] is False
    assert "401" in failed["logs"][0]["message"]
    assert running.http.post(f"/client/v11/apps/{other}/transfers/1/actions/public-url").status_code == 404
    assert running.http.get(f"/client/v11/apps/{other}/transfers/9").status_code == 404


def test_reset_empties_the_database(running: Running) -> None:
    name, addon = prepared(running)
    assert running.http.put(f"/client/v11/databases/{addon['id']}/reset", json={}).status_code == 200
    assert execute(running, name, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == [(0,)]


def test_only_postgres_is_backed_up(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    addon = provision(running, app[0], REDIS)
    assert running.http.post(f"/client/v11/databases/{addon['id']}/backups").status_code == 404


@pytest.mark.docker
@pytest.mark.slow
def test_with_docker(engine: Running) -> None:
    name, addon = prepared(engine)
    a_backup(engine, name, addon)
    a_restore(engine, name, addon)
