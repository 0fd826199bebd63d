"""Data between the stack on this machine and apps of a rehearsal: real Postgres on both sides, TLS on one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolbelt.data.moved import Data, moved

pytestmark = pytest.mark.slow
PERSON = "ada@lovelace.test"
SECRET = "the-very-secret-key"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Data]:
    with moved(tmp_path_factory.mktemp("data"), port=18461) as made:
        yield made


def test_there_and_back_scrubbed(data: Data) -> None:
    data.ask(
        "INSERT INTO auth_user (username, email, password, first_name, last_name, is_staff, is_superuser, is_active, date_joined)"
        f" VALUES ('ada', '{PERSON}', 'pbkdf2_sha256$x', 'Ada', '', false, false, true, now())"
    )
    one = "(SELECT id FROM keygen_key WHERE state = 'done' LIMIT 1)"
    data.ask(f"UPDATE keygen_key SET value = '{SECRET}' WHERE id = {one}")
    rows = data.ask("SELECT count(*) FROM keygen_key")

    assert "--confirm far-site" in data.refused("db.push", "--stage", "far")
    data.inv("db.push", "--stage", "far", "--confirm", "far-site")
    assert data.ask("SELECT count(*) FROM keygen_key", "far") == rows
    assert data.ask("SELECT email FROM auth_user WHERE username = 'ada'", "far") == [(PERSON,)]

    said = data.inv("db.pull", "--stage", "far", "--yes").stdout
    assert "scrub" in said
    assert PERSON not in said
    assert data.ask("SELECT count(*) FROM keygen_key") == rows
    assert data.ask(f"SELECT 1 FROM auth_user WHERE email = '{PERSON}' OR username = 'ada'") == []
    assert data.ask(f"SELECT 1 FROM keygen_key WHERE value = '{SECRET}'") == []
    assert data.ask("SELECT datname FROM pg_database WHERE datname LIKE 'djheroku_%'") == []
    assert "ada@" not in on_disk(data, "auth_user")
    assert SECRET not in on_disk(data, "keygen_key")
    assert data.ask("SELECT count(*) FROM pg_stats WHERE tablename = 'auth_user'") != [(0,)]


def on_disk(data: Data, table: str) -> str:
    """The files of the stack's own database that rows of a table may be in, and what the server keeps of its columns."""
    data.ask("CHECKPOINT")
    found = ""
    for name in (table, "pg_statistic"):
        rows = data.ask(f"SELECT encode(pg_read_binary_file(pg_relation_filepath('{name}')), 'escape')")
        found += str(rows[0][0])
    assert "user-" in found or table != "auth_user"  # it can be read
    return found


def test_what_is_there_is_not_replaced_unasked(data: Data) -> None:
    before = data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'")
    assert "./inv db.pull --yes" in data.refused("db.pull", "--stage", "far")
    assert data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'") == before
    said = data.refused("db.push", "--stage", "far")
    assert "is not empty" in said
    assert "./inv db.push --stage far --replace" in said


def test_raw_wants_the_apps_name(data: Data) -> None:
    assert "--confirm far-site" in data.refused("db.pull", "--raw", "--stage", "far", "--yes")
    data.inv("db.pull", "--raw", "--stage", "far", "--yes", "--confirm", "far-site")
    assert data.ask("SELECT email FROM auth_user WHERE username = 'ada'") == [(PERSON,)]


def test_a_column_that_nobody_has_classified_never_arrives(data: Data) -> None:
    data.ask("ALTER TABLE auth_user ADD COLUMN telephone text DEFAULT '12345'", "far")
    try:
        before = data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'")
        said = data.refused("db.pull", "--stage", "far", "--yes")
        assert "auth_user.telephone" in said
        assert data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'") == before
        assert data.ask("SELECT datname FROM pg_database WHERE datname LIKE 'djheroku_%'") == []
    finally:
        data.ask("ALTER TABLE auth_user DROP COLUMN telephone", "far")


@pytest.mark.parametrize(
    ("made", "gone", "name"),
    [
        ("CREATE SCHEMA audit; CREATE TABLE audit.log AS SELECT email FROM auth_user", "DROP SCHEMA audit CASCADE", "audit.log"),
        ("CREATE MATERIALIZED VIEW people AS SELECT email FROM auth_user", "DROP MATERIALIZED VIEW people", "people"),
    ],
)
def test_nor_does_a_table_elsewhere_or_a_materialized_view(data: Data, tmp_path: Path, made: str, gone: str, name: str) -> None:
    """By a copy and by a file."""
    data.ask(made, "far")
    try:
        before = data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'")
        assert f"rules.py: {name}" in data.refused("db.pull", "--stage", "far", "--yes")
        data.inv("db.backup", "--stage", "far")
        file = tmp_path / "far.dump"
        data.inv("db.backups.download", "--stage", "far", "--output", str(file))
        assert f"rules.py: {name}" in data.refused("db.restore", str(file), "--yes")
        assert data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'") == before
    finally:
        data.ask(gone, "far")


def test_copy_into_an_empty_one_and_replace_with_a_backup(data: Data) -> None:
    data.inv("db.copy", "far", "other")
    rows = data.ask("SELECT count(*) FROM keygen_key", "far")
    assert data.ask("SELECT count(*) FROM keygen_key", "other") == rows
    assert "is not empty" in data.refused("db.copy", "far", "other")
    data.ask("DELETE FROM keygen_key", "other")
    said = data.inv("db.copy", "far", "other", "--replace").stdout
    assert "b001 has what was there" in said
    assert data.ask("SELECT count(*) FROM keygen_key", "other") == rows
    assert "the same app" in data.refused("db.copy", "far", "far")


def test_backups_are_taken_listed_fetched_and_restored(data: Data, tmp_path: Path) -> None:
    rows = data.ask("SELECT count(*) FROM keygen_key", "other")
    took = re.search(r"✓ backup +(b\d+) of other-site", data.inv("db.backup", "--stage", "other").stdout)
    assert took
    name = took[1]
    data.ask("DELETE FROM keygen_key", "other")
    found = json.loads(data.inv("db.backups", "--stage", "other", "--json").stdout)
    assert found[0]["name"] == name
    assert found[0]["state"] == "done"
    file = tmp_path / "fetched.dump"
    data.inv("db.backups.download", name, "--stage", "other", "--output", str(file))
    assert file.read_bytes().startswith(b"PGDMP")
    assert "is there already" in data.refused("db.backups.download", name, "--stage", "other", "--output", str(file))
    assert "--confirm other-site" in data.refused("db.restore", name, "--stage", "other")
    data.inv("db.restore", name, "--stage", "other", "--confirm", "other-site")
    assert data.ask("SELECT count(*) FROM keygen_key", "other") == rows
    assert "There are: " in data.refused("db.restore", "b999", "--stage", "other", "--confirm", "other-site")


def test_a_file_of_an_app_is_scrubbed_before_it_gets_here(data: Data, tmp_path: Path) -> None:
    rows = data.ask("SELECT count(*) FROM keygen_key", "far")
    assert data.ask("SELECT email FROM auth_user WHERE username = 'ada'", "far") == [(PERSON,)]
    told = json.loads(data.inv("db.backup", "--stage", "far", "--json").stdout)
    assert (told["app"], told["steps"][-1]["step"]) == ("far-site", "backup")
    file = tmp_path / "fetched.dump"
    data.inv("db.backups.download", "--stage", "far", "--output", str(file))
    data.ask("DELETE FROM keygen_key")
    said = data.inv("db.restore", str(file), "--yes").stdout
    assert re.search(r"\d+ tables, \d+ rows of fetched.dump, scrubbed, in the stack's database", said)
    assert "How many rows the app had is not in a file" in said
    assert data.ask("SELECT count(*) FROM keygen_key") == rows
    assert data.ask(f"SELECT 1 FROM auth_user WHERE email = '{PERSON}' OR username = 'ada'") == []
    assert data.ask("SELECT datname FROM pg_database WHERE datname LIKE 'djheroku_%'") == []

    before = data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'")
    assert "--raw --confirm fetched.dump" in data.refused("db.restore", str(file), "--raw", "--yes")
    assert "is not 'fetched.dump'" in data.refused("db.restore", str(file), "--raw", "--yes", "--confirm", "far-site")
    assert data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'") == before
    data.inv("db.restore", str(file), "--raw", "--yes", "--confirm", "fetched.dump")
    assert data.ask("SELECT email FROM auth_user WHERE username = 'ada'") == [(PERSON,)]
    assert "--raw is of a file" in data.refused("db.restore", "b001", "--raw", "--stage", "far", "--confirm", "far-site")


def test_a_file_with_a_column_that_nobody_has_classified_never_arrives(data: Data, tmp_path: Path) -> None:
    data.ask("ALTER TABLE auth_user ADD COLUMN telephone text DEFAULT '12345'", "far")
    try:
        data.inv("db.backup", "--stage", "far")
    finally:
        data.ask("ALTER TABLE auth_user DROP COLUMN telephone", "far")
    file = tmp_path / "odd.dump"
    data.inv("db.backups.download", "--stage", "far", "--output", str(file))
    before = data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'")
    assert "auth_user.telephone" in data.refused("db.restore", str(file), "--yes")
    assert data.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'") == before


def test_info_extension_and_a_console(data: Data) -> None:
    found = json.loads(data.inv("db.info", "--stage", "far", "--json").stdout)
    assert found["version"].startswith("18")
    assert "public.keygen_key" in found["tables"]
    assert found["plan"].startswith("heroku-postgresql:")
    assert json.loads(data.inv("db.info", "--json").stdout)["size"] > 0
    assert data.inv("dbshell", "--stage", "far", "--", "-tAc", "select 6*7").stdout.strip() == "42"
    assert "nonsense" in data.refused("db.extension", "nonsense", "--stage", "far")


def test_a_console_on_the_apps_key_value_store(data: Data) -> None:
    assert "PONG" in data.inv("redis-cli", "--stage", "far", "--", "ping").stdout
    assert "OK" in data.inv("redis-cli", "--stage", "far", "--", "set", "word", "ü b").stdout
    assert "ü b" in data.inv("redis-cli", "--stage", "far", "--", "get", "word").stdout


def test_reset(data: Data) -> None:
    assert "--confirm other-site" in data.refused("db.reset", "--stage", "other")
    data.inv("db.reset", "--stage", "other", "--confirm", "other-site")
    assert json.loads(data.inv("db.info", "--stage", "other", "--json").stdout)["tables"] == []
    data.inv("db.reset", "--yes")
    assert data.ask("SELECT count(*) FROM keygen_key") == [(0,)]


def test_a_database_that_cannot_be_reached(data: Data) -> None:
    data.inv("addons.destroy", "DATABASE_URL", "--stage", "other", "--confirm", "other-site")
    said = data.refused("db.pull", "--stage", "other", "--yes")
    assert "other-site has no DATABASE_URL" in said
    data.inv("config.set", "DATABASE_URL=postgres://u:hush-hush@127.0.0.1:1/d", "--stage", "other")
    said = data.refused("db.pull", "--stage", "other", "--yes")
    assert "does not answer" in said
    assert "hush-hush" not in said
