"""`heroku pg:pull` and `pg:push` of the real CLI beside `db.pull` and `db.push`: the same rows and tables come of both."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.toolbelt.data.moved import Data, moved
from tests.verification.cli import Heroku, Unavailable
from toolbelt import shell
from toolbelt.data import asking, database, programs
from toolbelt.data.database import Database
from toolbelt.secret import Secret
from toolbelt.stack.servers import postgres_programs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(600)]

# The CLI starts what is on the PATH: here the embedded programs, which have no TLS of their own for the app's server.
PROGRAM = f"""\
#!{sys.executable}
import os, subprocess, sys
sys.path.insert(0, {str(ROOT)!r})
from toolbelt.data import tunnel
from toolbelt.data.database import Database
from toolbelt.secret import Secret
from toolbelt.stack.servers import postgres_programs
name, words, environ = os.path.basename(sys.argv[0]), sys.argv[1:], dict(os.environ, PGSSLMODE="disable")
host, port = (words[words.index(flag) + 1] if flag in words else environ[variable]
              for flag, variable in (("-h", "PGHOST"), ("-p", "PGPORT")))
def run(host, port):
    for flag, value in (("-h", host), ("-p", str(port))):
        if flag in words:
            words[words.index(flag) + 1] = value
    environ.update(PGHOST=host, PGPORT=str(port))
    return subprocess.run([postgres_programs() / name, *words], env=environ).returncode
if port == environ["LOCAL_PORT"]:
    sys.exit(run(host, port))
with tunnel.reached(Database(host, int(port), "", Secret(""), "", tls=True)) as found:
    sys.exit(run(found.host, found.port))
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("moving")


@pytest.fixture(scope="module")
def data(root: Path) -> Iterator[Data]:
    with moved(root, port=18466) as made:
        made.ask("CREATE TABLE kept AS SELECT n, md5(n::text) AS word FROM generate_series(1, 1000) n")
        made.ask("CREATE INDEX by_word ON kept (word); CREATE VIEW few AS SELECT * FROM kept WHERE n < 10")
        made.inv("db.push", "--stage", "far", "--confirm", "far-site")
        yield made


@pytest.fixture(scope="module")
def heroku(root: Path, data: Data, tmp_path_factory: pytest.TempPathFactory) -> Heroku:
    home = tmp_path_factory.mktemp("home")
    (certificate,) = (root / "heroku").rglob("tls/rendezvous.pem")
    try:
        made = Heroku(home, api=data.facts["api"], token=data.facts["token"], certificate=certificate)
    except Unavailable as reason:
        pytest.skip(str(reason))
    (folder := home / "bin").mkdir()
    for name in ("psql", "pg_dump", "pg_restore"):
        (folder / name).write_text(PROGRAM)
        (folder / name).chmod(0o755)
    made.environ["PATH"] = f"{folder}:{made.environ['PATH']}"
    made.environ["LOCAL_PORT"] = str(ours(data).port)
    made("version")  # says once what it says to everybody who starts it first
    return made


def ours(data: Data) -> Database:
    return database.parse(Secret(data.url()), whose="the stack")


@pytest.fixture
def theirs(data: Data) -> Iterator[Database]:
    """An empty database on the stack's server, for the CLI; by an address it takes for a server elsewhere."""
    made = replace(ours(data).named("theirs"), host="127.0.0.1")
    asking.create(made)
    try:
        yield made
    finally:
        asking.drop(made)


def schema(there: Database) -> str:
    command = programs.dump(postgres_programs(), there, script=True)
    said = shell.run([*command.argv, "--schema-only"], env=command.env).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", said, flags=re.MULTILINE)


@pytest.mark.parametrize("without", ["", "public.kept"])
def test_pull(data: Data, heroku: Heroku, theirs: Database, without: str) -> None:
    less = ["--exclude-table-data", without] if without else []
    heroku("pg:pull", "DATABASE_URL", theirs.url().reveal(), "--app", "far-site", *less)
    less = ["--without", without] if without else []
    data.inv("db.pull", "--stage", "far", "--yes", "--raw", "--confirm", "far-site", *less)
    assert asking.contents(ours(data)) == asking.contents(theirs)
    assert asking.contents(theirs).rows["public.kept"] == (0 if without else 1000)
    assert schema(ours(data)) == schema(theirs)


def test_push(data: Data, heroku: Heroku, theirs: Database) -> None:
    """Into an app that is empty, and into none that is not."""
    heroku("pg:pull", "DATABASE_URL", theirs.url().reveal(), "--app", "far-site")
    with asking.connected(theirs) as connection, connection, connection.cursor() as cursor:
        # It comes along with the CLI's pull; its push would end in an error, since every app has it. db.push leaves it out.
        cursor.execute("DROP SCHEMA heroku_ext")
    heroku("pg:push", theirs.url().reveal(), "DATABASE_URL", "--app", "other-site")
    found = {stage: json.loads(data.inv("db.info", "--stage", stage, "--json").stdout)["tables"] for stage in ("far", "other")}
    assert found["far"] == found["other"]
    for table in found["far"]:
        assert data.ask(f"SELECT count(*) FROM {table}", "far") == data.ask(f"SELECT count(*) FROM {table}", "other"), table
    again = heroku.run("pg:push", theirs.url().reveal(), "DATABASE_URL", "--app", "other-site", check=False)
    assert "Remote database is not empty" in again.stderr
    assert "is not empty" in data.refused("db.push", "--stage", "other")
