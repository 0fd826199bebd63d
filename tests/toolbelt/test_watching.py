"""What follows a release: whose dynos count, and when it is enough."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import pytest

from tests.toolbelt.heroku.serving import Door, said
from toolbelt import config as configuration
from toolbelt.artifacts.registry import Registry
from toolbelt.commands.deploying import Run
from toolbelt.commands.watching import dynos_up, site_answers
from toolbelt.errors import DeployFailed
from toolbelt.heroku.apps import App
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Wish
from toolbelt.output import Printer
from toolbelt.plan import Observed, Wanted
from toolbelt.secret import Secret
from toolbelt.stages import Stage
from toolbelt.tools import Heroku, Tools

SHA = "0123456789abcdef0123456789abcdef01234567"
APP = App("1", "mine", "container", "us", "https://mine.example", "", False, "me@example.com")
OLD = Release("r6", 6, "succeeded", "Deploy", "me", None, True, True, "", "")
NEW = Release("r7", 7, "succeeded", "Deploy", "me", None, True, True, "", "")


def row(name: str, quantity: int) -> dict[str, object]:
    return {"type": name, "quantity": quantity, "size": "Basic", "command": "x"}


def dyno(name: str, version: int, state: str = "up") -> dict[str, object]:
    release = {"id": f"r{version}", "version": version}
    return {"name": name, "type": name.partition(".")[0], "state": state, "release": release}


def running(door: Door, tmp_path: Path) -> Run:
    tools = Tools(configuration.load(tmp_path, environ={}), Printer(file=io.StringIO()))
    stage = Stage(name="staging", app="mine")
    heroku = Heroku(stage, Secret("x"), door.client(), Registry(stage.registry, Secret("x")))
    wanted = Wanted(commit=SHA, subject="s", processes={"web": "a", "worker": "b"}, formation={"worker": Wish(1, "")})
    return Run(tools, heroku, wanted, Observed(app=APP, newest=OLD, current=OLD))


def test_dynos_of_the_old_release_do_not_count(tmp_path: Path) -> None:
    door = Door(
        said(200, [row("web", 1), row("worker", 0), row("release", 0)]),
        said(200, [dyno("web.1", 6)]),
        said(200, [dyno("web.1", 7, "starting")]),
        said(200, [dyno("web.1", 7)]),
    )
    run = running(door, tmp_path)
    assert dynos_up(run, NEW, 60) == {"web": 1}
    assert door.asked.count("GET /apps/mine/dynos") == 3


def test_all_of_a_process_type_have_to_be_up(tmp_path: Path) -> None:
    door = Door(
        said(200, [row("web", 2)]),
        said(200, [dyno("web.1", 7)]),
        said(200, [dyno("web.1", 7), dyno("web.2", 8)]),  # somebody has made another release meanwhile
    )
    assert dynos_up(running(door, tmp_path), NEW, 60) == {"web": 2}


def test_a_one_off_dyno_that_crashed_is_none_of_ours(tmp_path: Path) -> None:
    door = Door(said(200, [row("web", 1)]), said(200, [dyno("run.1", 7, "crashed"), dyno("web.1", 7)]))
    assert dynos_up(running(door, tmp_path), NEW, 60) == {"web": 1}


def test_a_dyno_that_crashed_ends_it_at_once_and_names_the_way_back(tmp_path: Path) -> None:
    door = Door(said(200, [row("web", 1)]), said(200, [dyno("web.1", 7, "crashed")]), said(404))
    with pytest.raises(DeployFailed, match=r"web\.1 of v7 crashed") as caught:
        dynos_up(running(door, tmp_path), NEW, 60)
    assert "./inv releases.rollback v6 --stage staging" in caught.value.todo


def told(commit: str, release: str = "") -> httpx.Response:
    return httpx.Response(200, json={"commit": commit, "release": release})


def test_the_site_is_asked_until_it_tells_the_commit(tmp_path: Path) -> None:
    door = Door(httpx.Response(503), httpx.ConnectError("not yet"), told("f" * 40), told(SHA))
    site_answers(running(door, tmp_path), NEW, {"web": 1}, 60)
    assert door.asked == ["GET /health/release"] * 4


def test_a_site_that_knows_only_its_old_release_is_not_enough(tmp_path: Path) -> None:
    door = Door(told("unknown", "v6"), told("unknown", "v7"))
    site_answers(running(door, tmp_path), NEW, {"web": 1}, 60)
    assert len(door.asked) == 2


def test_without_a_web_dyno_nobody_is_asked(tmp_path: Path) -> None:
    door = Door(said(500))
    site_answers(running(door, tmp_path), NEW, {"worker": 1}, 60)
    assert door.asked == []
