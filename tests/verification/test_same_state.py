"""What a verb has done, as the real Heroku CLI finds it: pointed at the same rehearsal, it sees the same state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.verification.cli import Heroku
from tests.verification.commanded import Commanded
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(600)]

ODD = "a=b 'c' \"d\" ü\nsecond line"


@pytest.fixture(scope="module")
def inv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commanded]:
    """The verbs, on an app that they have made and deployed."""
    made = Commanded.make(tmp_path_factory.mktemp("site"))
    try:
        made("apply", "--yes")
        made("deploy")
        yield made
    finally:
        made.stop()


def told(heroku: Heroku, *words: str, app: str = "tiny") -> Any:
    return json.loads(heroku.run(*words, "--app", app, "--json").stdout)


def scaled(heroku: Heroku) -> dict[str, str]:
    """How many of which size, as ``heroku ps:scale`` says it."""
    words = heroku.run("ps:scale", "--app", "tiny").stdout.split()
    return dict(word.split("=", 1) for word in words)


def test_apply(inv: Commanded, heroku: Heroku) -> None:
    found = told(heroku, "apps:info")
    assert found["app"]["stack"]["name"] == "heroku-24"
    assert [each["plan"]["name"] for each in found["addons"]] == ["heroku-redis:mini"]
    assert scaled(heroku) == {"release": "0:Basic", "web": "1:Basic", "worker": "1:Basic"}
    assert "heroku/python" in heroku("buildpacks", "--app", "tiny")
    assert "[+] preboot" in heroku("features", "--app", "tiny")
    assert "tiny" in heroku("pipelines:info", "line")
    assert "Nothing is to be done." in inv("plan")


def test_who(inv: Commanded, heroku: Heroku) -> None:
    assert heroku.run("auth:whoami").stdout.strip() == json.loads(inv("whoami", "--json"))["email"]
    assert {each["name"] for each in json.loads(heroku.run("apps", "--json").stdout)} == {
        each["name"] for each in json.loads(inv("apps", "--json"))
    }
    assert told(heroku, "apps:info")["app"]["web_url"].rstrip("/") in inv("open")


def test_config(inv: Commanded, heroku: Heroku) -> None:
    inv("config.set", f"ODD={ODD}", "GONE=1", "WORD=second")
    inv("config.unset", "GONE")
    theirs = told(heroku, "config")
    assert theirs["ODD"] == ODD
    assert theirs["WORD"] == "second"
    assert "GONE" not in theirs
    assert theirs == json.loads(inv("config", "--json", "--show"))
    assert inv("config.get", "WORD") == heroku("config:get", "WORD", "--app", "tiny") == "second\n"


def test_config_is_edited(inv: Commanded, heroku: Heroku) -> None:
    """In the place of config:edit: fetched, changed in a file, and set."""
    inv("config.set", "EDITED=before", "LEFT=alone")
    inv("config.pull", "EDITED", "LEFT", "--yes")
    file = inv.site.root / ".env"
    file.write_text(file.read_text().replace("before", "after").replace("LEFT", "# LEFT"))
    before = len(told(heroku, "releases"))
    inv("config.push", "--yes", "--force")
    theirs = told(heroku, "config")
    assert (theirs["EDITED"], theirs["LEFT"]) == ("after", "alone")
    assert len(told(heroku, "releases")) == before + 1
    file.unlink()
    inv("config.unset", "EDITED", "LEFT")


def test_releases_and_rollback(inv: Commanded, heroku: Heroku) -> None:
    deployed = next(each for each in json.loads(inv("releases", "--json")) if each["description"].startswith("Deploy"))
    name = f"v{deployed['version']}"
    assert deployed["description"] in heroku("releases:info", name, "--app", "tiny")
    theirs = heroku.run("releases:output", name, "--app", "tiny").stdout
    assert theirs == inv("releases.output", name) == "migrating\nmigrated\n"
    inv("config.set", "WORD=third")
    inv("releases.rollback", name)
    theirs = told(heroku, "releases")
    assert f"Rollback to {name}" in theirs[0]["description"]
    mine = json.loads(inv("releases", "--json"))
    assert [(each["version"], each["status"]) for each in mine] == [(each["version"], each["status"]) for each in theirs]
    assert heroku("config:get", "WORD", "--app", "tiny") == "first\n"


def test_ps(inv: Commanded, heroku: Heroku) -> None:
    inv("ps.scale", "web=2:standard-1x", "worker=0")
    inv("ps.wait")
    assert scaled(heroku) == {"release": "0:Basic", "web": "2:Standard-1X", "worker": "0:Basic"}
    before = {each["id"] for each in told(heroku, "ps")}
    inv("ps.restart", "web")
    inv("ps.wait", "web")
    theirs = told(heroku, "ps")
    assert not before & {each["id"] for each in theirs}
    mine = json.loads(inv("ps", "--json"))["dynos"]
    assert {(each["name"], each["state"]) for each in theirs} == {(each["name"], each["state"]) for each in mine}
    inv("ps.scale", "web=1:basic")


def test_run(inv: Commanded, heroku: Heroku) -> None:
    line = "echo from $DYNO; exit 3"  # the CLI ends with a traceback where the line itself ends the shell
    mine = inv.run("run", "--stage", "staging", "--", line, check=False)
    theirs = heroku.run("run", "--exit-code", "--no-tty", "--app", "tiny", "--", f"sh -c '{line}'", check=False)
    assert (mine.returncode, theirs.returncode) == (3, 3)
    assert mine.stdout.startswith("from run.")
    assert "from run." in theirs.stdout
    said = inv("run", "--stage", "staging", "--detach", "--", "sleep 300")
    dyno = next(word for word in said.replace(";", " ").split() if word.startswith("run."))
    assert dyno in {each["name"] for each in told(heroku, "ps")}
    inv("ps.stop", dyno)
    until(lambda: dyno not in inv("ps"), what="the one-off dyno is gone")
    assert dyno not in {each["name"] for each in told(heroku, "ps")}


def test_logs(inv: Commanded, heroku: Heroku) -> None:
    inv("run", "--stage", "staging", "--", "echo looked for")  # a line of its own
    mine = inv("logs", "--stage", "staging", "--dyno", "web.1", "--num", "5")
    theirs = heroku("logs", "--app", "tiny", "--dyno-name", "web.1", "--num", "5")
    assert mine.split() == theirs.split()
    assert "web.1" in mine
    # In the place of apps:errors: what the router and the dynos say.
    mine = inv("logs", "--stage", "staging", "--source", "heroku", "--num", "20")
    assert mine.split() == heroku("logs", "--app", "tiny", "--source", "heroku", "--num", "20").split()
    assert "State changed" in mine


def test_addons(inv: Commanded, heroku: Heroku) -> None:
    inv("addons.create", "heroku-postgresql:essential-0", "--as", "DATABASE")
    inv("addons.upgrade", "REDIS_URL", "heroku-redis:premium-0")
    plans = {each["plan"]["name"]: each for each in told(heroku, "addons")}
    assert set(plans) == {"heroku-postgresql:essential-0", "heroku-redis:premium-0"}
    assert plans["heroku-postgresql:essential-0"]["config_vars"] == ["DATABASE_URL"]
    inv("addons.destroy", "heroku-postgresql", "--confirm", "tiny")
    assert [each["name"] for each in told(heroku, "addons")] == [each["name"] for each in json.loads(inv("addons", "--json"))]
    assert heroku("config:get", "DATABASE_URL", "--app", "tiny").strip() == ""


def test_an_add_on_that_the_cli_attaches(inv: Commanded, heroku: Heroku) -> None:
    """There is no verb for it: the others show what the CLI has done."""
    (store,) = (each["name"] for each in json.loads(inv("addons", "--json")))
    heroku("addons:attach", store, "--as", "CACHE", "--app", "tiny")
    assert inv("config.get", "CACHE_URL") == inv("config.get", "REDIS_URL")
    assert "CACHE_URL" in inv("addons")
    heroku("addons:detach", "CACHE", "--app", "tiny")
    assert inv.run("config.get", "CACHE_URL", check=False).returncode == 1
    assert "CACHE_URL" not in inv("addons")


def test_the_same_commit_again(inv: Commanded, heroku: Heroku) -> None:
    """In the place of releases:retry."""
    before = told(heroku, "releases")[0]["version"]
    inv("deploy")
    newest = told(heroku, "releases")[0]
    assert newest["version"] > before
    assert newest["description"].startswith("Deploy")
    assert newest["status"] == "succeeded"


def test_domains(inv: Commanded, heroku: Heroku) -> None:
    inv("domains.add", "www.example.com")
    inv("domains.add", "example.com")
    inv("domains.remove", "example.com")
    theirs = {(each["hostname"], each["cname"]) for each in told(heroku, "domains")}
    assert {name for name, _ in theirs} >= {"www.example.com"}
    assert "example.com" not in {name for name, _ in theirs}
    assert theirs == {(each["hostname"], each["target"] or None) for each in json.loads(inv("domains", "--json"))}
    heroku("domains:wait", "www.example.com", "--app", "tiny")


def test_certificates(inv: Commanded, heroku: Heroku) -> None:
    def managed() -> bool:
        found: bool = json.loads(inv("domains.certificates", "--json"))["managed"]
        return found

    assert "disabled on" in heroku("certs:auto", "--app", "tiny")
    assert not managed()
    inv("domains.certificates", "on", "--wait")
    said = heroku("certs:auto", "--app", "tiny")
    assert "enabled on" in said
    assert re.search(r"www\.example\.com\s+Cert Issued", said, re.IGNORECASE), said
    (theirs,) = (each for each in told(heroku, "domains") if each["kind"] == "custom")
    (ours,) = json.loads(inv("domains.certificates", "--json"))["domains"]
    assert (ours["hostname"], ours["certificate"]) == (theirs["hostname"], theirs["acm_status"])
    assert ours["certificate"] == "cert issued"
    inv("domains.certificates", "refresh", "--wait")
    heroku("certs:auto:disable", "--app", "tiny", "--confirm", "tiny")
    assert not managed()
    heroku("certs:auto:enable", "--app", "tiny")
    assert managed()
    heroku("certs:auto", "--wait", "--app", "tiny")
    assert "cert issued" in inv("domains.certificates")
    inv("domains.certificates", "off", "--confirm", "tiny")
    assert "disabled on" in heroku("certs:auto", "--app", "tiny")


def test_maintenance(inv: Commanded, heroku: Heroku) -> None:
    inv("maintenance", "on")
    assert heroku("maintenance", "--app", "tiny") == "on\n"
    heroku("maintenance:off", "--app", "tiny")
    assert "off (tiny)" in inv("maintenance")


def test_access(inv: Commanded, heroku: Heroku) -> None:
    inv("access.add", "ada@example.com")
    inv("access.add", "bob@example.com")
    inv("access.remove", "bob@example.com")
    theirs = {(each["user"]["email"], each["role"]) for each in told(heroku, "access")}
    assert ("ada@example.com", "collaborator") in theirs
    assert theirs == {(each["email"], each["role"]) for each in json.loads(inv("access", "--json"))}


def test_pipelines(inv: Commanded, heroku: Heroku) -> None:
    inv("pipelines.remove")
    inv("pipelines.add", "other", "production")
    found = json.loads(heroku.run("pipelines:info", "other", "--json").stdout)
    assert [(each["name"], each["pipelineCoupling"]["stage"]) for each in found["apps"]] == [("tiny", "production")]
    assert json.loads(inv("pipelines", "--json"))["other"] == [["production", "tiny"]]


def test_another_name_and_the_end(inv: Commanded, heroku: Heroku) -> None:
    inv("apps.rename", "tiny-two")
    assert told(heroku, "apps:info", app="tiny-two")["app"]["name"] == "tiny-two"
    inv("apps.destroy", "tiny-two", "--confirm", "tiny-two")
    gone = heroku.run("apps:info", "--app", "tiny-two", check=False)
    assert gone.returncode != 0
    assert "Couldn't find that app." in gone.stderr
    assert json.loads(inv("apps", "--json")) == []
