"""`./inv accounts`: the account of each stage, and where its token is; without any network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.toolbelt.rehearsed import Site
from toolbelt.commands.apps import accounts

STAGES = """
[tool.djheroku.stages.one]
app = "app-one"
api = "http://127.0.0.1:1"
[tool.djheroku.stages.two]
app = "app-two"
account = "work"
api = "http://127.0.0.1:1"
"""


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolbelt.heroku.client.ATTEMPTS", 1)


def test_each_stage_with_what_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = Site.make(tmp_path / "site")
    site.commit({"pyproject.toml": '[project]\nname = "tiny"\n' + STAGES})
    site.environ["HEROKU_API_KEY"] = "hush-hush"
    capsys.readouterr()
    site.verb(lambda tools, **_: accounts.every(tools, as_json=True))
    one, two = json.loads(capsys.readouterr().out)
    assert (one["stage"], one["app"], one["account"], one["token"]) == ("one", "app-one", "default", "HEROKU_API_KEY")
    assert (two["stage"], two["account"]) == ("two", "work")
    said = site.verb(lambda tools, **_: accounts.every(tools, as_json=False))
    assert "app-two" in said
    assert "hush-hush" not in said


def test_without_stages(tmp_path: Path) -> None:
    site = Site.make(tmp_path / "site")
    assert "No stage is defined" in site.verb(lambda tools, **_: accounts.every(tools, as_json=False))
