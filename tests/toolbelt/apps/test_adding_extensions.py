"""db.extension on an app: with a whole Postgres, as an image has it. That of a process has no extension to add."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest

from tests.toolbelt.rehearsed import rehearsed
from toolbelt.commands.apps import addons
from toolbelt.commands.data import databases
from toolbelt.heroku import configvars

pytestmark = [pytest.mark.slow, pytest.mark.docker]
HOMES = "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'hstore'"


def test_an_extension_is_added_once_where_heroku_keeps_them(tmp_path: Path) -> None:
    with rehearsed(tmp_path, "--runtime", "docker", deployed=False) as site:
        site.verb(addons.create, plan="heroku-postgresql:essential-0", options=[], patience=120)
        heroku = site.heroku()
        url = configvars.every(heroku.client, heroku.app)["DATABASE_URL"].reveal()
        for _ in range(2):
            assert "hstore is in" in site.verb(databases.extension, name="hstore")
            connection = psycopg2.connect(url, sslmode="require")
            try:
                with connection, connection.cursor() as cursor:
                    cursor.execute(HOMES)
                    assert cursor.fetchall() == [("heroku_ext",)]
            finally:
                connection.close()
