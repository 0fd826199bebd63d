"""What a plan tells of an app that nobody asks for, and of what it takes for something that is asked for."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from tests.toolbelt.test_provisioning import APP, BASE, DONE, POSTGRES, notices, steps
from toolbelt import manifest, provisioning
from toolbelt.heroku.attachments import Attachment
from toolbelt.manifest import Manifest
from toolbelt.provisioning import Live, Notice
from toolbelt.secret import Secret

BARE = manifest.parse('{"stack": "heroku-24"}')
EMPTY = Live(app=APP)
ONE = manifest.parse(json.dumps({"stack": "heroku-24", "addons": ["heroku-postgresql:essential-0"]}))
ANALYTICS = replace(POSTGRES, config_vars=("ANALYTICS_URL",))


def only(wanted: Manifest, live: Live) -> Notice:
    (notice,) = provisioning.shape(wanted, live, name="site").notices
    return notice


def test_an_app_that_is_as_it_is_asked_for_has_none() -> None:
    assert notices(BARE, EMPTY) == []
    assert notices(BASE, DONE) == []


@pytest.mark.parametrize(
    ("live", "name"),
    [
        (replace(EMPTY, features={"preboot": True}), ("feature", "preboot")),
        (replace(EMPTY, features={"http-session-affinity": True}), ("feature", "http-session-affinity")),
        (replace(EMPTY, buildpacks=("heroku/ruby", "https://u:hush@example.com/b")), ("buildpacks", "heroku/ruby, https://example.com/b")),
        (replace(EMPTY, coupling=("line", "staging")), ("pipeline", "line")),
        (replace(EMPTY, domains=("www.example.com",)), ("domain", "www.example.com")),
    ],
)  # fmt: skip
def test_what_nobody_asks_for_is_told_of_and_stays(live: Live, name: tuple[str, str]) -> None:
    assert notices(BARE, live) == [name]
    assert steps(BARE, live) == []
    assert only(BARE, live).todo


def test_what_is_off_or_herokus_own_is_no_news() -> None:
    features = {"preboot": False, "runtime-dyno-metadata": True, "spaces-strict-tls": True}
    assert notices(BARE, replace(EMPTY, features=features)) == []


def test_what_is_asked_for_is_told_of_once() -> None:
    wanted = manifest.differing(
        BASE, "s", {"features": {"preboot": False}, "pipeline": "line", "coupling": "staging"}
    )  # fmt: skip
    live = replace(DONE, features={"preboot": True}, coupling=("line", "production"))
    assert steps(wanted, live) == [("feature", "preboot"), ("pipeline", "line")]
    assert notices(wanted, live) == []


def test_region_and_team_of_an_app_that_is_there() -> None:
    wanted = manifest.differing(BARE, "s", {"region": "eu", "team": "us-two"})
    assert notices(wanted, replace(EMPTY, app=replace(APP, region="eu", team="us-two"))) == []
    region, team = provisioning.shape(wanted, replace(EMPTY, app=replace(APP, owner="me@example.com")), name="site").notices
    assert (region.kind, region.name, team.kind, team.name) == ("region", "us", "team", "me@example.com")
    assert "eu is asked for" in region.what
    assert "us-two is asked for" in team.what
    assert notices(BARE, replace(EMPTY, app=replace(APP, region="eu", team="any"))) == []


@pytest.mark.parametrize(
    ("there", "told"), [("18.1", False), ("18", False), ("", False), ("17.5", True), ("180.1", True), ("1", True)]
)
def test_the_version_of_a_server(there: str, told: bool) -> None:
    live = replace(DONE, versions={POSTGRES.id: there})
    assert notices(BASE, live) == ([("add-on", POSTGRES.name)] if told else [])
    if told:
        assert only(BASE, live).what.startswith(f"is of version {there}, and 18 is asked for")


# --- one that is taken for what is asked for without a name --------------------------------------------------------------


def test_one_under_another_name_is_taken_and_what_is_missing_is_said() -> None:
    live = replace(EMPTY, addons=(ANALYTICS,), config={"ANALYTICS_URL": Secret("x")})
    assert steps(ONE, live) == []
    notice = only(ONE, live)
    assert notice.grave
    assert notice.name == POSTGRES.name
    assert "attached as ANALYTICS" in notice.what
    assert "the app has no DATABASE_URL" in notice.what
    assert "attach it as DATABASE too" in notice.todo
    there = replace(live, config={**live.config, "DATABASE_URL": Secret("y")})
    told = next(each for each in provisioning.shape(ONE, there, name="site").notices if each.kind == "add-on")
    assert not told.grave


def test_one_that_is_attached_under_no_name_at_all() -> None:
    bare = replace(POSTGRES, config_vars=())
    assert "attached as nothing" in only(ONE, replace(EMPTY, addons=(bare,))).what
    coming = replace(bare, state="provisioning")
    assert notices(ONE, replace(EMPTY, addons=(coming,))) == []


def test_nothing_is_said_of_one_under_the_name_that_heroku_gives() -> None:
    live = replace(EMPTY, addons=(POSTGRES, ANALYTICS), config={"DATABASE_URL": Secret("x"), "ANALYTICS_URL": Secret("x")})
    assert not any(each.grave for each in provisioning.shape(ONE, live, name="site").notices)
    named = manifest.parse(json.dumps({"stack": "heroku-24", "addons": [{"plan": POSTGRES.plan, "as": "ANALYTICS"}]}))
    assert notices(named, replace(EMPTY, addons=(ANALYTICS,))) == []


def test_one_of_another_apps_under_the_name_leaves_our_own_alone() -> None:
    live = replace(
        EMPTY, addons=(replace(ANALYTICS, id="8"),), attachments=(Attachment("DATABASE", "7", "postgresql-o-1", "other"),)
    )
    found = provisioning.shape(ONE, live, name="site")
    assert found.steps == ()
    assert [(each.name, each.grave) for each in found.notices] == [("postgresql-o-1", False), (POSTGRES.name, False)]


# --- options -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"version": 18}, "version 18"),
        ({"fork": "postgres://u:hush@db.example.com:5432/d"}, "fork postgres://db.example.com:5432/d"),
        ({"fork": "postgres://u:hu@sh@h/d?sslkey=hush"}, "fork postgres://h/d"),
        ({"follow": "a postgres://u:hush@h/d"}, "follow an address that cannot be read"),
        ({"where": "u:hush@h"}, "where ••••••••"),
        ({"api_key": "hush"}, "api_key ••••••••"),
        ({"ROOT-PASSWORD": "https://hush.example.com"}, "ROOT-PASSWORD ••••••••"),
    ],
)
def test_no_secret_of_an_option_is_told(options: dict[str, object], told: str) -> None:
    wanted = manifest.parse(json.dumps({"stack": "heroku-24", "addons": [{"plan": "heroku-postgresql:x", "options": options}]}))
    found = provisioning.shape(wanted, EMPTY, name="site")
    assert found.steps[0].what == told
    assert "hush" not in json.dumps([asdict(step) for step in found.steps])
    assert provisioning.addon_of(wanted, found.steps[0]).options == {name: str(value) for name, value in options.items()}
