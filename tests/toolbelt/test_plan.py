"""Plans: pure, each step with its cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from toolbelt import plan as planning
from toolbelt.errors import UsageError
from toolbelt.heroku.apps import App
from toolbelt.heroku.builds import Build
from toolbelt.heroku.formation import Row
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Wish
from toolbelt.migrations import IRREVERSIBLE, SAFE, TWO_STEP, Migration
from toolbelt.plan import Observed, Wanted

APP = App("1", "mine", "container", "us", "https://mine.example", "", False, "me@example.com")
SLUGS = replace(APP, stack="heroku-24")
RELEASE = Release("r", 7, "succeeded", "Deploy", "me", None, True, True, "", "")
PROCFILE = {"release": "python manage.py migrate", "web": "gunicorn", "worker": "rq"}
WANTED = Wanted(
    commit="0123456789abcdef", subject="s", processes=PROCFILE,
    formation={"web": Wish(1, "basic"), "worker": Wish(1, "basic"), "gone": Wish(1, "")},
)  # fmt: skip
RUNNING = (Row("web", 1, "Basic", "x"), Row("worker", 0, "Basic", "x"))


def names(wanted: Wanted, observed: Observed) -> list[str]:
    return [step.name for step in planning.deploy(wanted, observed)]


def test_a_first_deploy_of_an_image_scales_what_has_no_quantity() -> None:
    observed = Observed(app=APP)
    assert names(WANTED, observed) == [
        "lock", "build", "upload", "release", "phase", "scale", "dynos", "site", "gate", "record",
    ]  # fmt: skip
    scale = next(step for step in planning.deploy(WANTED, observed) if step.name == "scale")
    assert scale.what == "web=1 basic, worker=1 basic"
    assert "nobody has set a quantity" in scale.cause


def test_a_quantity_that_somebody_has_set_stays() -> None:
    assert "scale" not in names(WANTED, Observed(app=APP, newest=RELEASE, rows=RUNNING))


def test_a_first_deploy_that_was_interrupted_scales_in_the_next_run() -> None:
    observed = Observed(app=APP, newest=RELEASE, rows=RUNNING, unscaled=frozenset({"worker"}))
    assert planning.scaling(WANTED, observed) == {"worker": Wish(1, "basic")}


def test_source_is_uploaded_then_built() -> None:
    observed = Observed(app=SLUGS, newest=RELEASE, rows=RUNNING, features=("runtime-dyno-metadata",))
    assert names(WANTED, observed) == [
        "lock", "feature", "upload", "build", "phase", "dynos", "site", "gate", "record",
    ]  # fmt: skip


def test_git_is_one_push() -> None:
    steps = names(replace(WANTED, kind="git"), Observed(app=SLUGS, rows=RUNNING))
    assert steps == ["lock", "build", "phase", "dynos", "site", "gate", "record"]


def test_a_build_that_goes_on_is_carried_on() -> None:
    build = Build("b", "pending", WANTED.commit, "", "url")
    steps = planning.deploy(WANTED, Observed(app=SLUGS, rows=RUNNING, build=build))
    assert [step.name for step in steps] == ["lock", "build", "phase", "dynos", "site", "gate", "record"]
    assert "an earlier run began it" in steps[1].cause


def test_a_release_phase_that_goes_on_is_waited_for() -> None:
    observed = Observed(app=APP, newest=replace(RELEASE, status="pending"), rows=RUNNING)
    assert names(WANTED, observed)[:2] == ["lock", "wait"]


def test_no_release_phase_and_no_web_are_no_steps() -> None:
    wanted = replace(WANTED, processes={"worker": "rq"})
    assert names(wanted, Observed(app=APP, rows=RUNNING)) == [
        "lock", "build", "upload", "release", "dynos", "gate", "record",
    ]  # fmt: skip


def test_who_asks_for_no_proof_gets_none() -> None:
    assert "gate" not in names(replace(WANTED, verify=False), Observed(app=APP, rows=RUNNING))


RISKY = Migration("shop", "0002_drop", IRREVERSIBLE, ("column price goes",), old_code_works=False)
LOCKING = Migration("shop", "0003_index", TWO_STEP, ("a long lock",))
HARMLESS = Migration("shop", "0004_more", SAFE)


def test_a_backup_is_taken_before_what_cannot_be_undone() -> None:
    observed = Observed(app=APP, rows=RUNNING, migrations=(RISKY, LOCKING, HARMLESS), backup=True)
    assert names(WANTED, observed)[:3] == ["lock", "backup", "build"]
    assert "backup" not in names(WANTED, replace(observed, backup=False))
    assert "backup" not in names(WANTED, replace(observed, migrations=(HARMLESS,)))
    unknown = replace(observed, migrations=None)
    assert names(WANTED, unknown)[:2] == ["lock", "backup"], "what is not known is not safe"
    assert observed.risky == (RISKY, LOCKING)
    assert observed.one_way == (RISKY,)


def test_the_way_back_is_watched_like_the_way_there() -> None:
    assert [step.name for step in planning.back(WANTED, Observed(app=APP))] == ["dynos", "site", "gate"]


def test_every_step_has_its_cause() -> None:
    for observed in (Observed(app=APP), Observed(app=SLUGS, features=("x",), newest=replace(RELEASE, status="pending"))):
        assert all(step.cause and step.what for step in planning.deploy(WANTED, observed))


def test_the_stack_decides_what_is_built() -> None:
    assert planning.kind("", APP) == "image"
    assert planning.kind("", SLUGS) == "source"
    assert planning.kind("git", SLUGS) == "git"
    with pytest.raises(UsageError, match="runs no images"):
        planning.kind("image", SLUGS)
    with pytest.raises(UsageError, match="is given images"):
        planning.kind("source", APP)
    with pytest.raises(UsageError, match="no build 'slug'"):
        planning.kind("slug", APP)


def test_the_command_that_carries_on_asks_for_the_same() -> None:
    assert WANTED.words == ""
    wanted = replace(WANTED, kind="source", include=("built", "a b"), force=True)
    assert wanted.words == " --build source --include built --include 'a b'"  # there is nothing to force
    assert replace(WANTED, kind="git", force=True).words == " --build git --force"


def test_what_the_procfile_no_longer_has_is_told_of() -> None:
    rows = (*RUNNING, Row("clock", 1, "Basic", "x"), Row("old", 0, "Basic", "x"))
    assert [row.type for row in planning.left_over(WANTED, Observed(app=APP, rows=rows))] == ["clock"]
