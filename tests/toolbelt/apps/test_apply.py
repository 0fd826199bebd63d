"""plan and apply, on a rehearsal: from nothing to an app, again, and on from where an interrupted run ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.toolbelt.apps.asked import asked
from tests.toolbelt.rehearsed import Rehearsal, Site
from toolbelt.commands.apps import addons as all_addons
from toolbelt.commands.apps import applying
from toolbelt.errors import Interrupted, UsageError
from toolbelt.heroku import addons, configvars, domains, features, formation, pipelines, releases
from toolbelt.heroku import apps as all_apps

pytestmark = pytest.mark.slow
APP_JSON = {
    "stack": "heroku-24",
    "buildpacks": [{"url": "heroku/python"}],
    "addons": ["heroku-postgresql:essential-0", "heroku-redis:mini"],
    "env": {"WORD": {"generator": "secret"}, "RATE": {"value": "20/m"}, "MAIL": {"required": False}},
    "formation": {"web": {"quantity": 1}, "worker": {"quantity": 1}},
}


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    running = Rehearsal(tmp_path_factory.mktemp("heroku")).start()
    yield running
    running.stop()


@pytest.fixture
def site(rehearsal: Rehearsal, tmp_path: Path) -> Iterator[Site]:
    more = 'features = { preboot = true }\npipeline = "tiny"\ncoupling = "staging"\n'
    with asked(rehearsal, tmp_path / "site", APP_JSON, stage=more) as made:
        yield made


def test_from_nothing_to_a_running_app_and_nothing_the_second_time(site: Site) -> None:
    planned = [line[:40] for line in site.verb(applying.plan, as_json=False).splitlines() if line[0] in "+~"]
    assert not all_apps.find(site.heroku().client, "tiny")
    said = site.verb(applying.apply, yes=False)
    assert [line[:40] for line in said.splitlines() if line[0] in "+~"] == planned
    heroku = site.heroku()
    client = heroku.client
    there = configvars.every(client, "tiny")
    assert there["RATE"].reveal() == "20/m"
    assert len(there["WORD"].reveal()) == 64
    assert {addon.service for addon in addons.every(client, "tiny")} == {"heroku-postgresql", "heroku-redis"}
    assert all_apps.buildpacks(client, "tiny") == ("heroku/python",)
    assert features.every(client, "tiny")["preboot"]
    place = pipelines.coupling(client, all_apps.info(client, "tiny").id)
    assert place
    assert place.stage == "staging"
    assert there["WORD"].reveal() not in said
    before = releases.newest(client, "tiny")
    assert "Nothing is to be done." in site.verb(applying.apply, yes=False)
    assert releases.newest(client, "tiny") == before
    site.deploy()
    assert {row.type: row.quantity for row in formation.every(client, "tiny")}["worker"] == 1
    assert "Nothing is to be done." in site.verb(applying.plan, as_json=False)


def test_all_config_vars_are_one_release(site: Site) -> None:
    site.verb(applying.apply, yes=True)
    heroku = site.heroku()
    told = [each.description for each in releases.every(heroku.client, "tiny") if "config vars" in each.description]
    assert len([each for each in told if "WORD" in each]) == 1
    assert "RATE" in next(each for each in told if "WORD" in each)


@pytest.mark.parametrize("step", ["app", "config", "add-on"])
def test_after_ctrl_c_the_next_run_does_the_rest(site: Site, step: str) -> None:
    with pytest.raises(Interrupted) as caught:
        site.verb(applying.apply, yes=True, on=lambda name, _text: name in (f"after {step}", step))
    assert caught.value.status == 130
    assert "./inv apply --stage test does the rest" in caught.value.todo
    site.verb(applying.apply, yes=True)
    heroku = site.heroku()
    assert [addon.service for addon in addons.every(heroku.client, "tiny")].count("heroku-postgresql") == 1
    assert "Nothing is to be done." in site.verb(applying.plan, as_json=False)


def test_ctrl_c_while_an_add_on_is_asked_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for = addons.create

    def ended(*args: Any, **kwargs: Any) -> Any:
        asked_for(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(addons, "create", ended)
    with pytest.raises(Interrupted, match="Interrupted at: add-on heroku-postgresql:essential-0") as caught:
        site.verb(applying.apply, yes=True)
    assert "It may have been made all the same: ./inv addons --stage test tells" in caught.value.finding
    monkeypatch.undo()
    (made,) = addons.every(site.heroku().client, "tiny")
    assert made.name in site.verb(all_addons.list_, as_json=False)
    site.verb(applying.apply, yes=True)
    there = addons.every(site.heroku().client, "tiny")
    assert made.id in [each.id for each in there]
    assert sorted(each.service for each in there) == ["heroku-postgresql", "heroku-redis"]


def test_an_interruption_elsewhere_speaks_of_no_add_on(site: Site) -> None:
    with pytest.raises(Interrupted, match=r"Interrupted at: config$") as caught:
        site.verb(applying.apply, yes=True, on=lambda name, _text: name in ("after config", "config"))
    assert "may have been made" not in caught.value.finding


def test_what_nobody_asks_for_is_told_of_and_stays(site: Site) -> None:
    site.verb(applying.apply, yes=True)
    heroku = site.heroku()
    client = heroku.client
    domains.add(client, "tiny", "www.example.com")
    features.enable(client, "tiny", "http-disable-keepalive-to-dyno")
    plain = {"stack": "heroku-24", "addons": [{"plan": "heroku-postgresql:essential-0", "options": {"version": "16"}}]}
    site.commit({"app.json": json.dumps(plain)})
    said = site.verb(applying.apply, yes=True)
    assert "Nothing is to be done." in said
    for word in (
        "www.example.com",
        "http-disable-keepalive-to-dyno",
        "heroku/python",
        "heroku-redis:mini",
        "and 16 is asked for",
    ):
        assert any(line.startswith("?") and word in line for line in said.splitlines()), word
    assert [each.kind for each in domains.every(client, "tiny") if each.hostname == "www.example.com"] == ["custom"]
    assert all_apps.buildpacks(client, "tiny") == ("heroku/python",)


def test_what_only_a_person_can_give_stops_a_script_before_anything_is_done(site: Site) -> None:
    site.commit({"app.json": json.dumps({**APP_JSON, "env": {"MAIL": {"description": "a server"}}})})
    with pytest.raises(UsageError, match="MAIL: required") as caught:
        site.verb(applying.apply, yes=True)
    assert "./inv config.set MAIL=…" in caught.value.todo
    assert not all_apps.find(site.heroku().client, "tiny")


def test_the_plan_for_a_script(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    site.verb(applying.plan, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["steps"][0]["kind"] == "app"
    assert found["missing"] == []


def test_a_stage_with_a_stack_and_buildpacks_of_its_own(rehearsal: Rehearsal, tmp_path: Path) -> None:
    more = 'stack = "heroku-26"\nbuildpacks = ["heroku/nodejs", "heroku/python"]\n'
    with asked(rehearsal, tmp_path / "site", {**APP_JSON, "addons": []}, stage=more) as site:
        site.verb(applying.apply, yes=True)
        client = site.heroku().client
        assert all_apps.info(client, "tiny").stack == "heroku-26"
        assert all_apps.buildpacks(client, "tiny") == ("heroku/nodejs", "heroku/python")
        all_apps.change_stack(client, "tiny", "heroku-24")
        assert "heroku-24 → heroku-26" in site.verb(applying.apply, yes=True)
        assert "Nothing is to be done." in site.verb(applying.plan, as_json=False)
