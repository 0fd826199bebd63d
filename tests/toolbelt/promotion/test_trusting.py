"""What another machine has released, and may have left broken, is looked at before it counts as there."""

from __future__ import annotations

import httpx
import pytest

from tests.toolbelt.heroku.serving import Door, said
from toolbelt.artifacts.registry import Registry
from toolbelt.commands.promotion.trusting import _well
from toolbelt.heroku.apps import App
from toolbelt.secret import Secret
from toolbelt.stages import Stage
from toolbelt.tools import Heroku

SHA = "0123456789abcdef0123456789abcdef01234567"
APP = App("1", "mine", "container", "us", "https://mine.example", "", False, "me@example.com")
UP = {"name": "web.1", "type": "web", "state": "up", "release": {"id": "r", "version": 7}}


@pytest.mark.parametrize(
    ("dyno", "status", "told", "well"),
    [
        pytest.param(UP, 200, {"commit": SHA}, True, id="all is well"),
        pytest.param(UP | {"state": "crashed"}, 200, {"commit": SHA}, False, id="a dyno has crashed"),
        pytest.param(UP, 503, {}, False, id="the site does not answer"),
        pytest.param(UP, 200, {"commit": "f" * 40}, False, id="it is another commit that answers"),
    ],
)
def test_what_is_there_has_to_be_well(dyno: dict[str, object], status: int, told: dict[str, str], well: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return said(200, [dyno]) if request.url.path.endswith("/dynos") else httpx.Response(status, json=told)

    stage = Stage(name="production", app="mine")
    heroku = Heroku(stage, Secret("x"), Door(answer).client(), Registry(stage.registry, Secret("x")))
    assert _well(heroku, APP, SHA) is well
