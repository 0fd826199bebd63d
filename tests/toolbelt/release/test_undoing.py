"""Going back, where the rehearsal cannot show it: on a Heroku that answers as it is told to."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.toolbelt.heroku.serving import Door, said
from toolbelt import config as configuration
from toolbelt.artifacts.registry import Registry
from toolbelt.commands.release import paragraphs
from toolbelt.commands.release.deploying import NotGood, PhaseFailed, Run
from toolbelt.commands.release.paragraphs import Case
from toolbelt.commands.release.restoring import catch_up, restore, restored
from toolbelt.commands.release.undoing import undo
from toolbelt.errors import Interrupted
from toolbelt.heroku.apps import App
from toolbelt.heroku.formation import Row
from toolbelt.heroku.refusals import Unreachable
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Wish
from toolbelt.migrations import Migration
from toolbelt.output import Printer
from toolbelt.plan import Observed, Wanted
from toolbelt.secret import Secret
from toolbelt.stages import Stage
from toolbelt.tools import Heroku, Tools

SHA = "0123456789abcdef0123456789abcdef01234567"
APP = App("1", "mine", "heroku-24", "us", "https://mine.example", "", False, "me@example.com")
OLD = Release("r6", 6, "succeeded", "Deploy", "me", None, True, True, "", "")
NEW = Release("r7", 7, "succeeded", "Deploy", "me", None, True, True, "", "")
WANTED = Wanted(
    commit=SHA, subject="s", processes={"web": "a", "clock": "b"}, formation={"web": Wish(1, ""), "clock": Wish(2, "")}
)  # fmt: skip


def running(door: Door, tmp_path: Path) -> Run:
    tools = Tools(configuration.load(tmp_path, environ={}), Printer(file=io.StringIO()))
    stage = Stage(name="staging", app="mine")
    heroku = Heroku(stage, Secret("x"), door.client(), Registry(stage.registry, Secret("x")))
    rows = (Row("web", 1, "Basic", "a"),)
    return Run(tools, heroku, WANTED, Observed(app=APP, newest=OLD, current=OLD, good=OLD, rows=rows))


def row(name: str, quantity: int) -> dict[str, object]:
    return {"type": name, "quantity": quantity, "size": "Basic", "command": "x"}


def test_a_quantity_that_the_deploy_has_set_is_as_it_was_and_the_next_deploy_sets_it_again(tmp_path: Path) -> None:
    """Heroku may keep the process type although the old code has none: then its dynos would crash."""
    door = Door(said(200, [row("web", 1), row("clock", 2)]), said(200, [row("clock", 0)]))
    run = running(door, tmp_path)
    run.scaled.append("clock")
    assert restore(run) == " The formation is as it was: clock=0."
    assert door.body(1) == {"updates": [{"type": "clock", "quantity": 0}]}
    assert json.loads((tmp_path / ".djheroku" / "unscaled" / "1.json").read_text()) == ["clock"]


def test_where_nothing_was_scaled_nothing_is_restored(tmp_path: Path) -> None:
    door = Door(said(500))
    assert restore(running(door, tmp_path)) == ""
    assert door.asked == []


def release(version: int) -> dict[str, object]:
    return {"id": f"r{version}", "version": version, "status": "succeeded", "description": "Deploy"}


def test_ctrl_c_on_the_way_back_says_what_was_wrong_and_how_to_go_on(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/releases"):
            raise KeyboardInterrupt
        return said(404) if request.url.path.endswith("/log-sessions") else said(200, [release(7), release(6)])

    run = running(Door(answer), tmp_path)
    run.fresh = NEW
    with pytest.raises(Interrupted) as caught:
        undo(run, NotGood("web.1 of v7 crashed", dyno="web.1"), NEW)
    assert caught.value.headline == "web.1 of v7 crashed. Interrupted while it was being taken back"
    assert "./inv releases.rollback v6 --stage staging" in caught.value.todo


def told(version: int, description: str, *, slug: str = "", status: str = "succeeded") -> dict[str, object]:
    return release(version) | {"description": description, "status": status, "slug": {"id": slug} if slug else None}


@pytest.mark.parametrize(
    ("between", "slug", "good"),
    [
        pytest.param([told(7, "Set WORD config vars", slug="s")], "s", 7, id="a config var"),
        pytest.param([told(7, "Set WORD config vars")], "", 7, id="a config var of an app that runs images"),
        pytest.param([told(7, "Deployed web (1234abcd)")], "", 6, id="somebody else's image"),
        pytest.param([told(8, "Set A config vars"), told(7, "Deployed web (1234abcd)")], "", 6, id="what came after that"),
        pytest.param([told(7, "Set A config vars", slug="s", status="failed")], "s", 6, id="one that failed"),
        pytest.param([told(8, "Set B config vars", slug="s"), told(7, "Set A config vars", slug="s")], "s", 8, id="two"),
    ],
)
def test_it_goes_back_to_the_old_code_with_the_newest_config_vars(
    tmp_path: Path, between: list[dict[str, object]], slug: str, good: int
) -> None:
    """Also where a config var's release was pending when the plan was made."""
    run = running(Door(said(200, [told(9, "Deploy"), *between, told(6, "Deploy", slug=slug)])), tmp_path)
    old = replace(OLD, slug=slug)
    pending = Release("r7", 7, "pending", "Set WORD config vars", "me", None, False, True, slug, "")
    run.observed = replace(run.observed, good=old, current=old, newest=pending)
    catch_up(run, replace(NEW, version=9))
    assert run.observed.good is not None
    assert run.observed.good.version == good


def test_a_quantity_that_cannot_be_set_back_says_nothing_of_the_code(tmp_path: Path) -> None:
    refused = said(422, {"id": "invalid_params", "message": "Cannot update to more than 1 Eco size dynos"})
    run = running(Door(said(200, [row("clock", 2)]), refused), tmp_path)
    run.scaled.append("clock")
    assert restored(run) == (
        " Its quantities could not be set back (Cannot update to more than 1 Eco size dynos (invalid_params)): "
        "./inv ps --stage staging shows them."
    )


def case(tmp_path: Path, *migrations: Migration) -> Case:
    run = running(Door(said(500)), tmp_path)
    run.observed = replace(run.observed, migrations=migrations)
    return Case(run=run, failed=PhaseFailed("The release phase of v7 failed"), release=NEW, finding="it ended.")


def test_a_release_phase_that_fails_after_a_migration_that_the_old_code_does_not_live_with(tmp_path: Path) -> None:
    drop = Migration("shop", "0002_drop", "irreversible", ("drops the column x",), False)
    found = " ".join(paragraphs.phase_failed(case(tmp_path, drop), running=OLD, backup="b003").finding.split())
    assert "Look at it: the code of v6 does not work with shop.0002_drop, if they were applied." in found
    assert "The backup b003 was taken before them." in found
    assert "Look at it" not in paragraphs.phase_failed(case(tmp_path), running=OLD, backup="").finding


def test_heroku_that_goes_away_on_the_way_back_is_not_taken_for_code_that_does_not_come_up(tmp_path: Path) -> None:
    away = Unreachable("api.heroku.com does not answer", todo="Is the network there?")
    error = paragraphs.not_back(case(tmp_path), away, replace(NEW, version=8))
    found = " ".join(error.finding.split())
    assert "whether it has come up could not be seen: api.heroku.com does not answer." in found
    assert "does not come up" not in found
    assert error.todo.startswith("Is the network there?")
    assert "./inv ps --stage staging" in error.todo
    crashed = paragraphs.not_back(case(tmp_path), NotGood("web.1 of v8 crashed"), replace(NEW, version=8))
    assert "v8, the code and config vars of v6, does not come up either: web.1 of v8 crashed." in " ".join(
        crashed.finding.split()
    )
