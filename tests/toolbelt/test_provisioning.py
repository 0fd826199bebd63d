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
from toolbelt.heroku.attachments import Attachment
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


def test_several_of_one_service_are_told_apart_by_name() -> None:
    rose = Addon(
        "0", "postgresql-a-0", "heroku-postgresql", "heroku-postgresql:standard-0", "provisioned", ("HEROKU_POSTGRESQL_ROSE_URL",)
    )
    last = replace(rose, id="9", name="postgresql-z-9", config_vars=("OLD_URL",))
    for order in ((rose, *DONE.addons, last), (last, *DONE.addons, rose)):
        live = replace(DONE, addons=order)
        assert steps(BASE, live) == []
        assert notices(BASE, live) == [("add-on", each.name) for each in order if each in (rose, last)]
    two = manifest.differing(BASE, "s", {"addons": [{"plan": "heroku-postgresql:standard-0", "as": "OLD"}]})
    assert steps(two, DONE) == [("add-on", "heroku-postgresql:standard-0")]
    assert provisioning.shape(two, DONE, name="site").steps[0].cause == "the app has no heroku-postgresql as OLD"
    assert notices(two, replace(DONE, addons=(*DONE.addons, last))) == []


def test_one_without_a_name_takes_any_that_nobody_asks_for() -> None:
    wanted = manifest.parse(json.dumps({"addons": ["heroku-redis:mini", {"plan": "heroku-redis:mini", "as": "CACHE"}]}))
    cache = Addon("5", "redis-c-1", "heroku-redis", "heroku-redis:mini", "provisioned", ("CACHE_URL",))
    queue = replace(cache, id="6", name="redis-q-1", config_vars=("QUEUE_URL",))
    live = Live(app=replace(APP, stack=""), addons=(cache,))
    made = provisioning.shape(wanted, live, name="site").steps
    assert [provisioning.addon_of(wanted, step).attachment for step in made] == ["REDIS"]
    assert steps(wanted, replace(live, addons=(cache, queue))) == []
    assert [provisioning.addon_of(BASE, step).attachment for step in provisioning.shape(BASE, Live(), name="x").steps[-2:]] == [
        "DATABASE",
        "",
    ]


def test_one_that_is_on_its_way_is_waited_for_and_one_that_failed_is_told_of() -> None:
    coming = replace(POSTGRES, state="provisioning", config_vars=())
    live = replace(DONE, addons=(coming, DONE.addons[1]), attachments=(Attachment("DATABASE", "2", coming.name, "site"),))
    assert steps(BASE, live) == [("wait", coming.name)]
    failed = replace(live, addons=(replace(coming, state="deprovisioned"), DONE.addons[1]))
    assert steps(BASE, failed) == []
    assert notices(BASE, failed)[0] == ("add-on", coming.name)


def test_an_add_on_of_another_apps_is_neither_made_nor_a_stranger() -> None:
    names = [Attachment(name, "7", "postgresql-o-1", "other") for name in ("DATABASE", "HEROKU_POSTGRESQL_ROSE")]
    live = replace(DONE, addons=DONE.addons[1:], attachments=tuple(names))
    assert steps(BASE, live) == []
    assert notices(BASE, live) == [("add-on", "postgresql-o-1")]
    strange = replace(DONE, attachments=tuple(names[1:]))
    assert notices(BASE, strange) == [("add-on", "postgresql-o-1")]


def test_what_a_stage_says_of_add_ons() -> None:
    def plans(base: list[Any], over: list[Any]) -> list[tuple[str, str]]:
        found = manifest.differing(manifest.parse(json.dumps({"addons": base})), "s", {"addons": over})
        return [(each.plan.partition(":")[2], each.attachment) for each in found.addons]

    old, new = "heroku-postgresql:old", "heroku-postgresql:new"
    assert plans([old], [new]) == [("new", "")]
    assert plans([old], [{"plan": new, "as": "database"}]) == [("new", "DATABASE")]
    assert plans([{"plan": old, "as": "MAIN"}], [new]) == [("new", "MAIN")]
    assert plans([old], [{"plan": new, "as": "MAIN"}]) == [("old", ""), ("new", "MAIN")]
    assert plans([old, {"plan": old, "as": "MAIN"}], [{"plan": new, "as": "MAIN"}]) == [("old", ""), ("new", "MAIN")]
    assert plans([{"plan": old, "as": "MAIN"}], [new, {"plan": new, "as": "MAIN"}]) == [("new", "MAIN"), ("new", "")]


def test_two_add_ons_of_one_name_cannot_be() -> None:
    for addons in ([POSTGRES.plan, POSTGRES.plan], [POSTGRES.plan, {"plan": "heroku-redis:mini", "as": "DATABASE"}]):
        with pytest.raises(ToolbeltError) as caught:
            manifest.parse(json.dumps({"addons": addons}))
        assert caught.value.finding.startswith("addons: two would be DATABASE: give one of them a name of its own")
    with pytest.raises(ToolbeltError, match=r"stages\.s"):
        manifest.differing(BASE, "s", {"addons": [{"plan": "heroku-redis:mini", "as": "DATABASE"}]})


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


def test_a_stage_may_be_on_a_stack_and_buildpacks_of_its_own() -> None:
    found = manifest.differing(BASE, "s", {"stack": "heroku-26", "buildpacks": ["heroku/python"]})
    assert steps(found, DONE) == [("stack", "heroku-26"), ("buildpacks", "heroku/python")]
    assert steps(BASE, DONE) == []


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
        ({"buildpacks": "heroku/python"}, "buildpacks: they are a list"),
        ({"buildpacks": [{"uri": "x"}]}, "buildpacks: they are a list"),
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
