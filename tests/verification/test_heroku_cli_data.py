"""What a verb on data has done, as the real Heroku CLI finds it, and the other way round: one rehearsal, one state."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.checkout import ROOT
from tests.verification.cli import Heroku, Unavailable
from tests.verification.commanded import Commanded

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(600)]

ON, APP = ("--stage", "staging"), ("--app", "tiny")
ROWS = "SELECT count(*) FROM kept"
# The CLI starts whatever psql is on the PATH: here the embedded one of the server's version, which has no TLS of its own.
PSQL = f"""\
#!{sys.executable}
import os, subprocess, sys
sys.path.insert(0, {str(ROOT)!r})
from toolbelt.data import programs, tunnel
from toolbelt.data.database import Database
from toolbelt.secret import Secret
from toolbelt.stack.servers import postgres_programs
word = os.environ
there = Database(word["PGHOST"], int(word["PGPORT"]), word["PGUSER"], Secret(word["PGPASSWORD"]), word["PGDATABASE"], tls=True)
with tunnel.reached(there) as found:
    command = programs.psql(postgres_programs(), found, sys.argv[1:])
    sys.exit(subprocess.run(command.argv, env=command.env).returncode)
"""


@pytest.fixture(scope="module")
def inv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commanded]:
    """The verbs, on two apps with a database each: nothing is deployed."""
    made = Commanded.make(tmp_path_factory.mktemp("site"))
    try:
        project = (made.site.root / "pyproject.toml").read_text()
        places = "".join(f'{key} = "{made.known[key]}"\n' for key in ("api", "git", "registry", "data"))
        made.site.commit({"pyproject.toml": f'{project}[tool.djheroku.stages.second]\napp = "tiny-second"\n{places}'})
        for stage in ("staging", "second"):
            made("apps.create", "--stage", stage)
            made("addons.create", "heroku-postgresql:essential-0", "--stage", stage)
        psql(made, "CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) n")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def heroku(inv: Commanded, tmp_path_factory: pytest.TempPathFactory) -> Heroku:
    home = tmp_path_factory.mktemp("home")
    try:
        made = inv.cli(home)
    except Unavailable as reason:
        pytest.skip(str(reason))
    (folder := home / "bin").mkdir()
    (folder / "psql").write_text(PSQL)
    (folder / "psql").chmod(0o755)
    made.environ["PATH"] = f"{folder}:{made.environ['PATH']}"
    made("version")  # says once what it says to everybody who starts it first
    return made


def psql(inv: Commanded, sql: str, stage: str = "staging") -> str:
    return inv("dbshell", "--stage", stage, "--", "-tAc", sql).strip()


def told(heroku: Heroku) -> dict[str, str]:
    """The rows of ``heroku pg:info``."""
    rows = (line.partition(":") for line in heroku.run("pg:info", *APP).stdout.splitlines())
    return {name.strip(): value.strip() for name, _, value in rows if value}


def listed(heroku: Heroku, app: str = "tiny") -> dict[str, str]:
    """What ``heroku pg:backups`` says of each: Completed, Failed."""
    said = heroku("pg:backups", "--app", app)
    found = re.findall(r"^ ?([abcr]\d{3}) .*?(Completed|Failed|Running|Pending)", said, re.MULTILINE)
    return dict(found)


def mine(inv: Commanded, stage: str = "staging") -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(inv("db.backups", "--json", "--stage", stage))
    return found


def test_info(inv: Commanded, heroku: Heroku) -> None:
    ours, theirs = json.loads(inv("db.info", "--json", *ON)), told(heroku)
    assert ours["version"].startswith(theirs["PG Version"])
    assert str(len(ours["tables"])) == theirs["Tables"]
    assert theirs["Connections"].endswith("/20")
    assert theirs["Add-on"] == ours["addon"]
    addon = heroku("addons:info", ours["addon"], *APP)
    assert ours["plan"] in addon
    assert ours["addon"] in heroku("addons", *APP)
    heroku("pg:wait", *APP)


def test_a_console(inv: Commanded, heroku: Heroku) -> None:
    assert psql(inv, ROWS) == "1000"
    assert "1000" in heroku.run("pg:psql", *APP, "--command", ROWS).stdout
    heroku("pg:psql", *APP, "--command", "INSERT INTO kept VALUES (1001)")
    assert psql(inv, ROWS) == "1001"
    psql(inv, "DELETE FROM kept WHERE n = 1001")


def test_the_address(inv: Commanded, heroku: Heroku) -> None:
    assert inv("config.get", "DATABASE_URL", *ON).strip() in heroku.run("pg:credentials:url", *APP).stdout
    assert "default" in heroku("pg:credentials", *APP)
    assert heroku.run("redis:credentials", *APP).stdout == inv("config.get", "REDIS_URL", *ON)


def test_a_backup_of_either_is_the_others_too(inv: Commanded, heroku: Heroku, tmp_path: Path) -> None:
    inv("db.backup", *ON)
    name = mine(inv)[0]["name"]
    assert listed(heroku)[name] == "Completed"
    assert "Completed" in heroku("pg:backups:info", name, *APP)
    heroku("pg:backups:capture", *APP)
    assert [(each["name"], each["state"]) for each in mine(inv)][:2] == [("b002", "done"), ("b001", "done")]
    # pg:backups:download speaks https alone, whatever the address is: its bytes are those of pg:backups:url.
    url = heroku("pg:backups:url", name, *APP).split()[-1]
    inv("db.backups.download", name, *ON, "--output", str(tmp_path / "dump"))
    assert (tmp_path / "dump").read_bytes() == httpx.get(url, trust_env=False).content


def test_a_restore(inv: Commanded, heroku: Heroku) -> None:
    psql(inv, "DELETE FROM kept")
    inv("db.restore", "b001", *ON, "--confirm", "tiny")
    assert "1000" in heroku.run("pg:psql", *APP, "--command", ROWS).stdout
    assert listed(heroku)["r003"] == "Completed"
    psql(inv, "DELETE FROM kept")
    heroku("pg:backups:restore", "b002", "DATABASE_URL", *APP, "--confirm", "tiny")
    assert psql(inv, ROWS) == "1000"
    (newest, *_) = mine(inv)
    assert (newest["name"], newest["kind"], newest["state"]) == ("r004", "restore", "done")


def test_a_copy(inv: Commanded, heroku: Heroku) -> None:
    inv("db.copy", "staging", "second")
    assert "1000" in heroku.run("pg:psql", "--app", "tiny-second", "--command", ROWS).stdout
    psql(inv, "DELETE FROM kept", "second")
    # At Heroku: the verb's goes through this machine, and is in no list there.
    assert mine(inv, "second") == []
    heroku("pg:copy", "tiny::DATABASE_URL", "DATABASE_URL", "--app", "tiny-second", "--confirm", "DATABASE")
    assert psql(inv, ROWS, "second") == "1000"
    assert [(each["name"], each["kind"], each["state"]) for each in mine(inv, "second")] == [("c001", "copy", "done")]
    assert listed(heroku, "tiny-second") == {"c001": "Completed"}


def test_schedules(inv: Commanded, heroku: Heroku) -> None:
    inv("db.backups.schedule", "02:00 Europe/Berlin", *ON)
    assert re.search(r"DATABASE_URL: daily at 2:00 Europe/Berlin", heroku("pg:backups:schedules", *APP))
    heroku("pg:backups:schedule", "DATABASE_URL", "--at", "04:00 EST", *APP)
    (found,) = json.loads(inv("db.backups.schedules", "--json", *ON))
    assert (found["name"], found["hour"], found["timezone"]) == ("DATABASE_URL", 4, "America/New_York")
    inv("db.backups.unschedule", *ON)
    assert "No backup schedules found" in heroku("pg:backups:schedules", *APP)
    inv("db.backups.schedule", "02:00", *ON)
    heroku("pg:backups:unschedule", "DATABASE_URL", *APP)
    assert json.loads(inv("db.backups.schedules", "--json", *ON)) == []


def test_what_is_thrown_away(inv: Commanded, heroku: Heroku) -> None:
    inv("db.backups.delete", "b001", *ON, "--confirm", "tiny")
    assert "b001" not in listed(heroku)
    heroku("pg:backups:delete", "b002", *APP, "--confirm", "tiny")
    assert "b002" not in {each["name"] for each in mine(inv)}


def test_what_is_under_way_is_cancelled_by_either(inv: Commanded, heroku: Heroku) -> None:
    """A dump that waits for a lock: somebody else's transaction, as long as its stdin is open."""
    locking = subprocess.Popen(
        [sys.executable, "-m", "invoke", "dbshell", *ON, "--", "-X"], cwd=inv.site.root, env=inv.site.environ,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert locking.stdin is not None
    assert locking.stdout is not None
    try:
        locking.stdin.write("BEGIN;\nLOCK TABLE kept IN ACCESS EXCLUSIVE MODE;\n\\echo locked\n")
        locking.stdin.flush()
        assert any("locked" in line for line in iter(locking.stdout.readline, ""))
        headers = {"Authorization": f"Bearer {inv.known['token']}"}
        with httpx.Client(base_url=inv.known["api"], headers=headers, trust_env=False) as door:
            addon = json.loads(inv("db.info", "--json", *ON))["addon"]
            for who in ("inv", "heroku"):
                door.post(f"/client/v11/databases/{addon}/backups").raise_for_status()
                name = mine(inv)[0]["name"]
                assert listed(heroku)[name] == "Running"
                if who == "inv":
                    inv("db.backups.cancel", *ON)
                    assert "Canceled" in heroku("pg:backups:info", name, *APP)
                else:
                    heroku("pg:backups:cancel", *APP)
                    (newest, *_) = mine(inv)
                    assert (newest["name"], newest["state"]) == (name, "cancelled")
    finally:
        locking.stdin.close()
        locking.wait(30)
    nothing = heroku.run("pg:backups:cancel", *APP, check=False)
    assert "No active backups/transfers" in nothing.stderr


def test_reset(inv: Commanded, heroku: Heroku) -> None:
    inv("db.reset", *ON, "--confirm", "tiny")
    assert told(heroku)["Tables"] == "0"
    psql(inv, "CREATE TABLE kept (n int)")
    heroku("pg:reset", "DATABASE_URL", *APP, "--confirm", "tiny")
    assert json.loads(inv("db.info", "--json", *ON))["tables"] == []


def test_the_key_value_store(inv: Commanded, heroku: Heroku) -> None:
    assert re.search(r"Version:\s+9", heroku("redis:info", *APP))
    inv("redis-cli", *ON, "--", "set", "word", "here")
    argv = ["node", str(heroku.entry), "redis:cli", *APP]
    done = subprocess.run(
        argv, env=heroku.environ, cwd=heroku.environ["HOME"], input="GET word\n", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "here" in done.stdout.splitlines()
