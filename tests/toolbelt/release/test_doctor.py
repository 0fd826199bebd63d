"""The verb doctor, and the examination that a deploy begins with."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.records import Slug
from tests.checkout import ROOT
from tests.rehearsal.harness import Running
from tests.rehearsal.test_addons import POSTGRES, provision
from tests.toolbelt.artifacts.repositories import commit, git, repository
from tests.toolbelt.doctor.test_findings import FILES, bad
from tests.toolbelt.migrations.written import GRADE, INITIAL, source
from tests.toolbelt.release.test_backups import heroku_of
from toolbelt import config as configuration
from toolbelt.commands.release import doctor
from toolbelt.doctor import site, standing
from toolbelt.doctor.finding import Finding
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import apps
from toolbelt.output import Printer
from toolbelt.plan import Observed, Wanted
from toolbelt.tools import Tools


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    repository(tmp_path, FILES)
    return tmp_path


def tools_of(root: Path) -> Tools:
    return Tools(configuration.load(root, environ={"PATH": "/usr/bin:/bin"}), Printer(file=io.StringIO()))


def said(tools: Tools) -> str:
    file = tools.printer.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_this_repository_is_well_but_for_what_is_true() -> None:
    found = doctor.examine(tools_of(ROOT), None, None)
    assert [each for each in bad(found) if each.topic != "tree"] == []  # what is being worked on is not committed
    assert {"tree", "Procfile", "Python", "lock", "secrets", "settings", "checks", "models"} <= {each.topic for each in found}


@pytest.mark.parametrize(
    ("name", "value", "level", "topic", "says"),
    [
        ("SECRET_KEY", "short", "error", "settings", "SECRET_KEY is too short"),
        ("SECRET_KEY", None, "error", "settings", "Not set: SECRET_KEY"),
        ("REDIS_URL", "http://nowhere", "error", "settings", "REDIS_URL must start with redis://"),
        ("DJANGO_SETTINGS_MODULE", "djheroku.settings.dev", "error", "settings", "DEBUG is on"),
    ],
)
def test_the_site_under_the_apps_variables(name: str, value: str | None, level: str, topic: str, says: str) -> None:
    values = {
        "SECRET_KEY": "x1y2z" * 12,
        "DATABASE_URL": "postgres://u:hunter2@h/d",
        "REDIS_URL": "rediss://:hunter2@h:1",
        name: value,
    }
    environ = {"PATH": "/usr/bin:/bin"} | standing.like({name: value for name, value in values.items() if value is not None})
    found = list(site.findings(site.examine(ROOT, sys.executable, environ), where="x"))
    assert any((each.level, each.topic) == (level, topic) and says in each.what + each.cause for each in found), found


def test_without_a_stage_it_says_what_it_could_not_see(tree: Path) -> None:
    tools = tools_of(tree)
    doctor.doctor(tools)
    assert "not looked at: No stage is defined yet" in said(tools)
    assert "A deploy may begin; 1 warning" in said(tools)
    with pytest.raises(UsageError):
        doctor.doctor(tools_of(tree), stage="nowhere")


def test_an_error_ends_with_status_1_and_json_is_for_a_script(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(tree, {"Procfile": "release: x\n"})
    with pytest.raises(SystemExit, match="1"):
        doctor.doctor(tools_of(tree), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert told["findings"][0].keys() == {"level", "topic", "what", "cause", "fix"}
    assert "Procfile" in [each["topic"] for each in told["findings"] if each["level"] == "error"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process")
    yield running
    running.stop()


@pytest.fixture
def shop(tmp_path: Path, running: Running) -> tuple[Tools, str]:
    """A checkout, and an app that runs its first commit."""
    repository(tmp_path, FILES | {"shop/migrations/0001_initial.py": INITIAL, ".gitignore": ".djheroku/\n"})
    name = running.app()
    release(running, name, git(tmp_path, "rev-parse", "HEAD"))
    return tools_of(tmp_path), name


def release(running: Running, name: str, sha: str) -> None:
    made = running.release(name, {"worker": "sleep 100"})
    slug = running.world.store.get(Slug, made.slug_id or "")
    assert slug is not None

    async def change() -> None:
        running.world.store.change(slug, commit=sha)

    running.call(change())


def examined(running: Running, shop: tuple[Tools, str]) -> tuple[Finding, ...]:
    tools, name = shop
    heroku = heroku_of(running, tools, name)
    return doctor.examine(tools, heroku, apps.info(heroku.client, name))


def of(topic: str, found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(each.level, each.what) for each in found if each.topic == topic]


def test_migrations_of_a_deploy_are_those_since_the_commit_that_runs(running: Running, shop: tuple[Tools, str]) -> None:
    root = shop[0].config.root
    assert of("migrations", examined(running, shop)) == [("ok", "none that is new")]
    drop = source('migrations.RemoveField("book", "note")', dependencies='("shop", "0001_initial")')
    grade = source(GRADE.format("models.TextField(null=True)"), dependencies='("shop", "0002_drop")')
    new = commit(root, {"shop/migrations/0002_drop.py": drop, "shop/migrations/0003_grade.py": grade})
    found = of("migrations", examined(running, shop))
    assert found[0] == ("warning", "shop.0002_drop: irreversible")
    assert found[1][0] == "ok"
    assert "shop.0003_grade: safe" in found[1][1]
    # the other way round: what runs is newer than this checkout
    release(running, shop[1], new)
    git(root, "checkout", "--quiet", "HEAD~1")
    found = of("migrations", examined(running, shop))
    assert found[1] == ("error", "this commit lacks shop.0002_drop, shop.0003_grade, and does not work without")


def test_a_commit_that_nobody_knows_here_is_never_called_safe(running: Running, shop: tuple[Tools, str]) -> None:
    release(running, shop[1], "c0ffee" + "0" * 34)
    (found,) = [each for each in examined(running, shop) if each.topic == "migrations"]
    assert (found.level, found.what) == ("warning", "which of them this deploy applies cannot be told")
    assert "c0ffee000000 runs, which is not in this clone" in found.cause
    assert "git fetch" in found.fix


def test_nothing_is_changed_and_no_secret_is_told(
    running: Running, shop: tuple[Tools, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, name = shop
    provision(running, name, POSTGRES)
    running.http.patch(f"/apps/{name}/config-vars", json={"SECRET_KEY": "hunter2-of-somebody", "WEB_CONCURRENCY": "9"})
    before = running.http.get(f"/apps/{name}/releases").json(), running.states(name)
    heroku = heroku_of(running, tools, name)
    monkeypatch.setattr(Tools, "heroku", lambda _self, _stage="": heroku)
    doctor.doctor(tools, stage="rehearsal")
    assert (running.http.get(f"/apps/{name}/releases").json(), running.states(name)) == before
    assert heroku.client.calls < 15
    text = said(tools)
    assert "Postgres 18, as in docker-compose.yml" in text
    assert "hunter2" not in text
    assert running.http.get(f"/apps/{name}/config-vars").json()["DATABASE_URL"] not in text


def test_what_cannot_be_asked_for_stops_nothing(
    running: Running, shop: tuple[Tools, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> object:
        raise ToolbeltError("Heroku does not let this account do it", finding="GET x", todo="./inv login")

    monkeypatch.setattr("toolbelt.heroku.addons.every", refused)
    found = examined(running, shop)
    assert ("warning", "not looked at: Heroku does not let this account do it") in of("add-ons", found)
    assert of("stack", found)[0][0] == "ok"


def test_an_app_that_is_not_there_is_an_error(running: Running, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tools_of(tree)
    heroku = heroku_of(running, tools, "nobodys")
    monkeypatch.setattr(Tools, "heroku", lambda _self, _stage="": heroku)
    with pytest.raises(SystemExit):
        doctor.doctor(tools, stage="rehearsal")
    assert "there is no app nobodys" in said(tools)
    assert "./inv apps.create --stage rehearsal" in said(tools)


def test_a_deploy_tells_what_is_odd_and_stops_at_an_error(running: Running, shop: tuple[Tools, str]) -> None:
    tools, name = shop
    heroku = heroku_of(running, tools, name)
    found = apps.info(heroku.client, name)
    wanted = Wanted(commit=git(tools.config.root, "rev-parse", "HEAD"), subject="s", processes={"web": "x"}, formation={})
    observed = Observed(app=replace(found, maintenance=True), good_commit=wanted.commit, migrations=())
    doctor.preflight(tools, heroku, wanted, observed)
    assert said(tools).splitlines()[0].startswith("! app        maintenance mode is on")
    assert "tree" not in said(tools)
    commit(tools.config.root, {".env": "x"})
    with pytest.raises(ToolbeltError, match=r"the source has \.env") as caught:
        doctor.preflight(tools, heroku, wanted, observed)
    assert "git rm --cached" in caught.value.todo
    commit(tools.config.root, {"Procfile": "oops"})
    with pytest.raises(ToolbeltError, match="2 errors stop this deploy") as caught:
        doctor.preflight(tools, heroku, wanted, observed)
    assert caught.value.todo.startswith("./inv doctor --stage rehearsal tells what to do about each")
    doctor.preflight(tools, heroku, wanted, observed, stop=False)
    assert "✗ Procfile" in said(tools)


# What the site's own program may be, of a site that reads a JSON text and a word.
PROGRAM = """
import json, os
try:
    json.loads(os.environ["DATA"])
    if os.environ["WORD"] != "hunter2-itself":
        raise ValueError("WORD cannot be " + os.environ["WORD"] + ", with " + os.environ["SERVER_URL"])
    told = ""
except ValueError as error:
    told = str(error)
print(json.dumps({"settings": told, "module": "site.settings", "debug": False, "hosts": ["*"], "checks": [], "models": ""}))
"""


def test_a_value_that_nothing_can_stand_in_for_is_no_error_and_is_not_told(running: Running, shop: tuple[Tools, str]) -> None:
    tools, name = shop
    commit(tools.config.root, {"djheroku/devtools/examination.py": PROGRAM})
    values = {"DATA": '{"key": "hunter2"}', "WORD": "hunter2-itself", "SERVER_URL": "redis://:hunter2@h:1"}
    running.http.patch(f"/apps/{name}/config-vars", json=values)
    assert of("settings", examined(running, shop)) == [("ok", f"site.settings starts with the config vars of {name}")]
    running.http.patch(f"/apps/{name}/config-vars", json={"WORD": "hunter2-other"})
    (found,) = [each for each in examined(running, shop) if each.topic == "settings"]
    assert (found.level, found.cause) == ("error", "WORD cannot be …, with redis://127.0.0.1:1/0")
