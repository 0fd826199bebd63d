"""What is wanted of an app against what it is: the plan, and a stage's differences."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from toolbelt import manifest, provisioning
from toolbelt.errors import ToolbeltError
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.apps import App
from toolbelt.heroku.formation import Row
from toolbelt.manifest import Manifest
from toolbelt.provisioning import Live
from toolbelt.secret import Secret

APP = App(id="1", name="site", stack="heroku-24", region="us", web_url="", git_url="", maintenance=False, owner="")
POSTGRES = Addon("2", "postgresql-x-1", "heroku-postgresql", "heroku-postgresql:essential-0", "provisioned", ("DATABASE_URL",))
JSON: dict[str, Any] = {
    "stack": "heroku-24",
    "buildpacks": [{"url": "heroku/nodejs"}, {"url": "heroku/python"}],
    "addons": [{"plan": "heroku-postgresql:essential-0", "as": "DATABASE", "options": {"version": 18}}, "heroku-redis:mini"],
    "env": {
        "KEY": {"generator": "secret"},
        "RATE": {"value": "20/m"},
        "MAIL": {"description": "a server"},
        "MAYBE": {"required": False},
        "PLAIN": "text",
    },
    "formation": {"web": {"quantity": 1, "size": "basic"}, "worker": {"quantity": 1}},
    "environments": {
        "review": {"addons": ["heroku-postgresql:essential-1"], "env": {"RATE": "1/m"}, "formation": {"worker": {"quantity": 0}}}
    },
}
BASE = manifest.parse(json.dumps(JSON))
DONE = Live(
    app=APP,
    config={
        "KEY": Secret("k"), "RATE": Secret("20/m"), "MAIL": Secret("m"), "PLAIN": Secret("text"),
        "DATABASE_URL": Secret("d"), "REDIS_URL": Secret("r"),
    },
    addons=(POSTGRES, Addon("3", "redis-x-1", "heroku-redis", "heroku-redis:mini", "provisioned", ("REDIS_URL",))),
    rows=(Row("web", 1, "Basic", "x"), Row("worker", 1, "Basic", "x")),
    buildpacks=("heroku/nodejs", "heroku/python"),
)  # fmt: skip


def steps(wanted: Manifest, live: Live) -> list[tuple[str, str]]:
    return [(step.kind, step.name) for step in provisioning.shape(wanted, live, name="site").steps]


def notices(wanted: Manifest, live: Live) -> list[tuple[str, str]]:
    return [(notice.kind, notice.name) for notice in provisioning.shape(wanted, live, name="site").notices]


def test_from_nothing() -> None:
    found = provisioning.shape(BASE, Live(), name="site")
    assert steps(BASE, Live()) == [
        ("app", "site"),
        ("buildpacks", "heroku/nodejs, heroku/python"),
        ("config", "KEY"), ("config", "RATE"), ("config", "PLAIN"),
        ("add-on", "heroku-postgresql:essential-0"), ("add-on", "heroku-redis:mini"),
    ]  # fmt: skip
    assert found.missing == ("MAIL",)
    assert next(step for step in found.steps if step.kind == "add-on").what == "as DATABASE, version 18"
    assert all(step.cause for step in found.steps)


def test_nothing_is_to_be_done() -> None:
    found = provisioning.shape(BASE, DONE, name="site")
    assert (found.steps, found.notices, found.missing) == ((), (), ())


def test_what_is_there_besides_is_told_of_and_stays() -> None:
    live = replace(
        DONE,
        config={**DONE.config, "MORE": Secret("x")},
        addons=(*DONE.addons, Addon("4", "papertrail-1", "papertrail", "papertrail:choklad", "provisioned", ())),
        rows=(*DONE.rows, Row("clock", 1, "Basic", "x")),
    )
    assert steps(BASE, live) == []
    assert notices(BASE, live) == [("config", "MORE"), ("add-on", "papertrail-1"), ("formation", "clock")]


def test_what_somebody_has_changed_stays_unless_the_stage_names_it() -> None:
    live = replace(DONE, config={**DONE.config, "RATE": Secret("5/m")}, rows=(Row("web", 3, "Standard-1X", "x"), DONE.rows[1]))
    assert steps(BASE, live) == []
    assert notices(BASE, live) == [("config", "RATE"), ("formation", "web")]
    firm = manifest.differing(BASE, "s", {"env": {"RATE": "9/m"}, "formation": {"web": {"quantity": 2, "size": "standard-1x"}}})
    assert steps(firm, live) == [("config", "RATE"), ("formation", "web")]


def test_no_value_is_told() -> None:
    firm = manifest.differing(BASE, "s", {"env": {"RATE": "hush-1234"}})
    found = provisioning.shape(firm, replace(DONE, config={**DONE.config, "RATE": Secret("hush-5678")}), name="site")
    assert "hush" not in repr(found)


def test_an_add_on_of_another_plan_is_not_replaced() -> None:
    live = replace(DONE, addons=(replace(POSTGRES, plan="heroku-postgresql:standard-0"), DONE.addons[1]))
    found = provisioning.shape(BASE, live, name="site")
    assert found.steps == ()
    assert found.notices[0].todo == "./inv addons.upgrade postgresql-x-1 heroku-postgresql:essential-0"


def test_an_environment_of_app_json_and_what_the_stage_says_on_top() -> None:
    found = manifest.differing(
        BASE,
        "review",
        {"environment": "review", "env": {"RATE": "2/m"}, "features": {"preboot": True}, "pipeline": "p", "coupling": "staging"},
    )
    assert [plan.plan for plan in found.addons] == ["heroku-postgresql:essential-1", "heroku-redis:mini"]
    assert found.env["RATE"].value == "2/m"
    assert found.formation["worker"].quantity == 0
    assert found.formation["web"].quantity == 1
    live = replace(DONE, features={"preboot": False})
    assert steps(found, live) == [("feature", "preboot"), ("config", "RATE"), ("pipeline", "p")]
    assert steps(found, replace(live, coupling=("p", "development")))[-1] == ("pipeline", "p")
    assert notices(found, replace(live, coupling=("other", "staging")))[-1] == ("pipeline", "other")


def test_the_order_of_buildpacks_counts() -> None:
    assert steps(BASE, replace(DONE, buildpacks=("heroku/python", "heroku/nodejs"))) == [
        ("buildpacks", "heroku/nodejs, heroku/python")
    ]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"environment": "test"}, "no 'test'"),
        ({"formation": {"web": {"quantity": "two"}}}, "formation.web.quantity"),
        ({"features": {"preboot": "yes"}}, "features.preboot"),
        ({"env": {"A": 1}}, "env.A"),
        ({"env": "A=1"}, "env: "),
        ({"pipeline": "p"}, "go together"),
        ({"pipeline": "p", "coupling": "prod"}, "one of test, review"),
    ],
)
def test_complaints(found: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolbeltError) as caught:
        manifest.differing(BASE, "s", found)
    assert words in caught.value.finding
    assert "[tool.djheroku.stages.s]" in caught.value.headline
