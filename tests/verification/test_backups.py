"""Backups as the real Heroku CLI takes, lists, fetches and restores them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.test_addons import POSTGRES, REDIS, provision
from tests.rehearsal.test_backups import execute
from tests.verification.cli import Heroku, Unavailable

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def heroku(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Heroku:
    try:
        made = Heroku(
            tmp_path_factory.mktemp("home"),
            api=running.world.base,
            token=running.world.token,
            certificate=running.home / "tls" / "rendezvous.pem",
        )
    except Unavailable as reason:
        pytest.skip(str(reason))
    made("version")
    return made


def test_a_backup_from_its_capture_to_its_restore(heroku: Heroku, running: Running, tmp_path: Path) -> None:
    app = running.app()
    provision(running, app, POSTGRES)
    execute(running, app, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")

    said = heroku("pg:backups:capture", "--app", app)
    assert re.search(r"Backing up DATABASE to b001.* done", said, re.DOTALL), said
    listed = heroku("pg:backups", "--app", app)
    assert re.search(r"b001\s+.*Completed.*DATABASE", listed), listed
    told = heroku("pg:backups:info", "b001", "--app", app)
    assert "Status:" in told
    assert "Completed" in told
    url = heroku("pg:backups:url", "b001", "--app", app).split()[-1]
    assert httpx.get(url, trust_env=False).content.startswith(b"PGDMP")

    execute(running, app, "UPDATE kept SET word = 'gone'")
    said = heroku("pg:backups:restore", "b001", "DATABASE", "--app", app, "--confirm", app)
    assert re.search(r"Restoring.* done", said, re.DOTALL), said
    assert execute(running, app, "SELECT word FROM kept") == [("here",)]
    assert re.search(r"r002\s+.*Completed", heroku("pg:backups", "--app", app))


def test_what_it_tells_of_the_servers(heroku: Heroku, running: Running) -> None:
    app = running.app()
    provision(running, app, POSTGRES)
    provision(running, app, REDIS)
    assert re.search(r"PG Version:\s+18", heroku("pg:info", "--app", app))
    assert re.search(r"Version:\s+9", heroku("redis:info", "--app", app))
