"""Process types, sizes, plans and add-ons that are none, or not yet: nothing is half done unsaid."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.toolbelt.bad_input.conftest import Bench, Told
from toolbelt.commands.apps import addons as addons_
from toolbelt.commands.apps import applying, scaling
from toolbelt.commands.data import databases
from toolbelt.commands.release.deploy import deploy
from toolbelt.heroku import addons, formation
from toolbelt.heroku.addons import Addon

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        (scaling.wait, {"process": "clock", "patience": 5}),
        (scaling.restart, {"which": "clock"}),
        (scaling.stop, {"which": "clock.1"}),
        (scaling.scale, {"wishes": ["clock=1"]}),
    ],
)
def test_a_process_type_that_is_none(tell: Callable[..., Told], verb: Callable[..., None], options: dict[str, Any]) -> None:
    told = tell(verb, **options)
    assert told.status == 2
    assert "clock" in told.err
    assert "worker" in told.err


def test_a_size_that_is_none_changes_nothing(bench: Bench, tell: Callable[..., Told]) -> None:
    before = formation.every(bench.client, "tiny")
    told = tell(scaling.scale, wishes=["worker=1:enormous", "web=1"])
    assert told.status == 1
    assert "No such size as enormous" in told.err
    assert "→ Sizes: eco, basic, standard-1x, " in told.err
    assert formation.every(bench.client, "tiny") == before


def test_more_of_a_size_than_there_may_be(bench: Bench, tell: Callable[..., Told]) -> None:
    before = formation.every(bench.client, "tiny")
    told = tell(scaling.scale, wishes=["web=2:basic"])
    assert told.status == 1
    assert "Cannot update to more than 1 Basic size dynos per process type" in told.err
    assert "of eco and basic one dyno of a process type; ./inv ps.scale --stage rehearsal shows what there is" in told.err
    assert formation.every(bench.client, "tiny") == before


def test_eco_without_web(bench: Bench, tell: Callable[..., Told]) -> None:
    before = formation.every(bench.client, "tiny")
    try:
        assert tell(scaling.scale, wishes=["web=0:eco", "worker=1:eco"]).status == 0
        assert "web 0" not in tell(scaling.wait, process="", patience=60).out
        assert "the site was not asked: web has no dyno" in tell(deploy, allow_dirty=True).err
    finally:
        formation.scale(bench.client, "tiny", {row.type: (row.quantity, row.size) for row in before})


@pytest.mark.parametrize("plan", ["heroku-redis:hobby-dev", "heroku-postgresql:hobby-dev"])
def test_a_plan_that_is_gone(tell: Callable[..., Told], plan: str) -> None:
    told = tell(addons_.create, plan=plan, name="", options=[], patience=5)
    assert told.err.startswith(f"✗ There is no plan {plan}\n")
    assert f"→ There are: {plan.partition(':')[0]}:" in told.err


def test_a_plan_that_is_gone_in_the_middle_of_apply(bench: Bench, tell: Callable[..., Told]) -> None:
    path = bench.site.root / "app.json"
    whole = path.read_text()
    path.write_text(json.dumps(json.loads(whole) | {"addons": ["heroku-redis:hobby-dev"], "env": {"MARK": {"value": "x"}}}))
    try:
        told = tell(applying.apply, yes=True)
    finally:
        path.write_text(whole)
    assert "There is no plan heroku-redis:hobby-dev" in told.err
    assert "There are: heroku-redis:" in told.err
    assert "./inv apply --stage rehearsal goes on" in told.err
    assert bench.values()["MARK"] == "x"
    assert "config" in told.out


def test_a_token_that_expires_in_the_middle_of_apply(bench: Bench, tell: Callable[..., Told]) -> None:
    bench.stage("late", "tiny-late")
    bench.faults(token="expired", after=2)
    told = tell(applying.apply, stage="late", yes=True)
    assert told.status == 1
    assert "✓ app" in told.out
    assert "Heroku does not accept the token" in told.err
    assert "What is done is told above, the rest is not: ./inv apply --stage late goes on with it." in told.err
    assert "→ ./inv login --stage late" in told.err
    bench.faults(token="valid")
    assert tell(applying.apply, stage="late", yes=True).status == 0
    assert "Nothing is to be done" in tell(applying.plan, stage="late", as_json=False).out


def test_an_add_on_that_is_still_coming(bench: Bench, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    bench.create("tiny-slow")
    bench.stage("slow", "tiny-slow")

    def interrupted(*_words: object, **_named: object) -> Addon:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(addons, "wait", interrupted)
        told = tell(addons_.create, stage="slow", plan="heroku-postgresql:essential-0", name="", options=[], patience=60)
    made = addons.every(bench.client, "tiny-slow")[0]
    assert told.status == 130
    assert f"✗ {made.name} is still being provisioned" in told.err
    assert f"→ ./inv addons.wait {made.name} --stage slow" in told.err
    told = tell(databases.info, stage="slow", as_json=False)
    assert f"✗ {made.name} is still being provisioned" in told.err
    assert f"→ ./inv addons.wait {made.name} --stage slow" in told.err
    assert tell(addons_.wait, stage="slow", addon="", patience=0).err.startswith(f"✗ {made.name} is not provisioned after 0 s")
    assert tell(addons_.wait, stage="slow", addon="", patience=60).status == 0
    found = json.loads(tell(databases.info, stage="slow", as_json=True).out)
    assert found["addon"] == made.name
