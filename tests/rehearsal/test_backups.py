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


def test_a_copy_has_all_of_its_source_and_nothing_else(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    a_copy(running, *app)


def a_copy(running: Running, name: str, addon: dict[str, Any]) -> None:
    other, target = prepared(running)
    execute(running, other, "UPDATE kept SET word = 'gone'; CREATE TABLE later (n int)")
    urls = [running.http.get(f"/apps/{each}/config-vars").json()["DATABASE_URL"] for each in (name, other)]
    body = {"from_name": "BLUE", "from_url": urls[0], "to_name": "RED", "to_url": urls[1]}
    made = running.http.post(f"/client/v11/databases/{target['id']}/transfers", json=body)
    assert made.status_code == 201, made.text
    done = finished(running, other, made.json()["uuid"])
    assert done["succeeded"], done["logs"]
    assert (done["from_type"], done["to_type"], done["from_name"], done["to_name"]) == ("pg_dump", "pg_restore", "BLUE", "RED")
    assert execute(running, other, "SELECT word FROM kept") == execute(running, name, "SELECT word FROM kept")
    assert execute(running, other, "SELECT count(*) FROM pg_tables WHERE tablename = 'later'") == [(0,)]
    assert str(urls[0]) not in str(done)
    foreign = body | {"from_url": "postgres://somebody:else@127.0.0.1:1/d"}
    made = running.http.post(f"/client/v11/databases/{target['id']}/transfers", json=foreign)
    assert finished(running, other, made.json()["uuid"])["succeeded"] is False


def test_what_is_cancelled_ends(running: Running) -> None:
    a_cancelled_backup(running, *prepared(running))


def a_cancelled_backup(running: Running, name: str, addon: dict[str, Any]) -> None:
    """pg_dump waits for a lock that somebody has: it would never end by itself."""
    locking = psycopg2.connect(running.http.get(f"/apps/{name}/config-vars").json()["DATABASE_URL"], sslmode="require")
    try:
        locking.cursor().execute("LOCK TABLE kept IN ACCESS EXCLUSIVE MODE")
        made = running.http.post(f"/client/v11/databases/{addon['id']}/backups").json()
        here = f"/client/v11/apps/{name}/transfers/{made['uuid']}"
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        until(lambda: execute(running, name, waits) == [(1,)], what="the dump waits for the lock", seconds=20)
        assert running.http.delete(here).status_code == 422
        assert running.http.post(f"{here}/actions/cancel").status_code == 200
    finally:
        locking.close()
    done = running.http.get(f"{here}?verbose=true").json()
    assert done["canceled_at"]
    assert (done["succeeded"], [each["message"] for each in done["logs"]]) == (False, ["canceled"])
    assert execute(running, name, waits) == [(0,)]
    assert running.http.post(f"{here}/actions/cancel").status_code == 422


def test_a_backup_that_is_deleted_is_gone(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    name, addon = app
    done = captured(running, name, addon)
    url, here = public(running, name, done["num"]), f"/client/v11/apps/{name}/transfers/{done['num']}"
    assert running.http.delete(here).status_code == 200
    assert running.http.get(here).status_code == 404
    assert httpx.get(url, trust_env=False).status_code == 404
    assert not list((running.home / "backups").glob(f"{done['uuid']}*"))


def test_a_download_goes_on_where_it_was_cut(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    name, addon = app
    url = public(running, name, captured(running, name, addon)["num"])
    whole = httpx.get(url, trust_env=False).content
    running.http.post("/_rehearsal/faults", json={"backup_cut": 100})
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(url, trust_env=False)
    rest = httpx.get(url, headers={"Range": "bytes=100-"}, trust_env=False)
    assert (rest.status_code, rest.content) == (206, whole[100:])
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"


def test_schedules(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    here = f"/client/v11/databases/{app[1]['id']}/transfer-schedules"
    body = {"hour": "02", "timezone": "Europe/Berlin", "schedule_name": "DATABASE_URL"}
    for wrong in ({"hour": "24"}, {"hour": "-1"}, {"timezone": "Moon/Sea"}):
        assert running.http.post(here, json=body | wrong).status_code == 422
    running.http.post(here, json=body)
    made = running.http.post(here, json=body | {"hour": 3}).json()
    found = running.http.get(here).json()
    assert [(each["name"], each["hour"], each["timezone"]) for each in found] == [("DATABASE_URL", 3, "Europe/Berlin")]
    assert running.http.delete(f"{here}/{made['uuid']}").status_code == 200
    assert running.http.delete(f"{here}/{made['uuid']}").status_code == 404
    assert running.http.get(here).json() == []


def test_what_it_tells_of_a_database(running: Running, app: tuple[str, dict[str, Any]]) -> None:
    name, addon = app
    found = running.http.get(f"/client/v11/databases/{addon['id']}").json()
    told = {row["name"]: row["values"][0] for row in found["info"]}
    assert told["PG Version"].startswith("18.")
    assert told["Connections"].endswith("/20")
    assert int(told["Tables"]) >= 1
    url = running.http.get(f"/apps/{name}/config-vars").json()["DATABASE_URL"]
    assert found["resource_url"] == url
    one = running.http.get(f"/postgres/v0/databases/{addon['name']}/credentials/default").json()
    who = one["credentials"][0]
    assert f"postgres://{who['user']}:{who['password']}@{one['host']}:{one['port']}/{one['database']}" == url


@pytest.mark.docker
@pytest.mark.slow
def test_with_docker(engine: Running) -> None:
    name, addon = prepared(engine)
    a_backup(engine, name, addon)
    a_restore(engine, name, addon)
    a_copy(engine, name, addon)
    a_cancelled_backup(engine, name, addon)
