"""Going back, where the rehearsal cannot show it: on a Heroku that answers as it is told to."""

from __future__ import annotations

import io
import json
from pathlib import Path

import httpx
import pytest

from tests.toolbelt.heroku.serving import Door, said
from toolbelt import config as configuration
from toolbelt.artifacts.registry import Registry
from toolbelt.commands.release.deploying import NotGood, Run
from toolbelt.commands.release.undoing import restore, undo
from toolbelt.errors import Interrupted
from toolbelt.heroku.apps import App
from toolbelt.heroku.formation import Row
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Wish
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
