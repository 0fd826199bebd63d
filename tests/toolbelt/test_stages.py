"""Stages and app.json: what is read, and what is refused with all complaints at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.checkout import ROOT
from toolbelt import addresses, manifest, stages
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.manifest import Wish


def write(root: Path, text: str) -> Path:
    (root / "pyproject.toml").write_text(text)
    return root


STAGING = '[tool.djheroku.stages.staging]\napp = "my-staging"\naccount = "work"\n'
PRODUCTION = '[tool.djheroku.stages.production]\napp = "my-production"\n'


def test_a_stage_points_to_an_app_at_heroku(tmp_path: Path) -> None:
    stage = stages.load(write(tmp_path, STAGING + PRODUCTION), name="staging")
    assert (stage.app, stage.account, stage.host, stage.flag) == (
        "my-staging", "work", "api.heroku.com", " --stage staging",
    )  # fmt: skip
    assert stage.registry == "https://registry.heroku.com"
    assert stage.git == "https://git.heroku.com"
    assert stage.data == "https://api.data.heroku.com"


@pytest.mark.parametrize(("text", "expected"), [(STAGING, "staging"), (STAGING + PRODUCTION, "production")])
def test_without_a_name(text: str, expected: str, tmp_path: Path) -> None:
    assert stages.load(write(tmp_path, text)).name == expected


def test_without_a_name_where_it_could_be_several(tmp_path: Path) -> None:
    text = STAGING + STAGING.replace("staging", "review")
    with pytest.raises(UsageError, match="Which stage") as caught:
        stages.load(write(tmp_path, text))
    assert "--stage staging, --stage review" in caught.value.todo


def test_without_any_it_is_said_what_to_write_and_what_to_try(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No stage is defined") as caught:
        stages.load(tmp_path)
    assert "[tool.djheroku.stages.production]" in caught.value.finding
    assert "./inv rehearse" in caught.value.todo


def test_a_name_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no stage 'prod'") as caught:
        stages.load(write(tmp_path, PRODUCTION), name="prod")
    assert "--stage production" in caught.value.todo


def test_a_stage_with_an_app_of_its_own(tmp_path: Path) -> None:
    stage = stages.load(write(tmp_path, STAGING), name="staging@12")
    assert (stage.app, stage.flag, stage.account) == ("my-staging-12", " --stage staging@12", "work")
    with pytest.raises(UsageError, match="'my-staging-A_B' is not the name"):
        stages.load(tmp_path, name="staging@A_B")
    with pytest.raises(UsageError, match="no stage 'other'"):
        stages.load(tmp_path, name="other@12")


def test_production_is_protected_and_others_may_be(tmp_path: Path) -> None:
    text = PRODUCTION + STAGING + "protected = true\n" + '[tool.djheroku.stages.free]\napp = "free"\n'
    found = {name: stages.load(write(tmp_path, text), name=name).protected for name in ("production", "staging", "free")}
    assert found == {"production": True, "staging": True, "free": False}


def test_all_complaints_at_once(tmp_path: Path) -> None:
    text = '[tool.djheroku.stages.bad]\napp = "My_App"\napi = "http://api.example.com"\nurl = "x"\n'
    with pytest.raises(UsageError) as caught:
        stages.load(write(tmp_path, text), name="bad")
    assert len(caught.value.finding.splitlines()) == 3


def test_the_rehearsal_is_what_it_says_it_is(tmp_path: Path) -> None:
    write(tmp_path, '[project]\nname = "mine"\n')
    with pytest.raises(UsageError, match="No rehearsal is running"):
        stages.load(tmp_path, name="rehearsal")
    file = tmp_path / ".djheroku" / "rehearsal" / "rehearsal.json"
    file.parent.mkdir(parents=True)
    urls = {"api": "http://127.0.0.1:1/api", "git": "http://127.0.0.1:1/git", "data": "http://127.0.0.1:1/data"}
    file.write_text(json.dumps({**urls, "registry": "127.0.0.1:2", "pid": 1, "token": "hush", "router_port": 3}))
    stage = stages.load(tmp_path, name="rehearsal")
    assert (stage.app, stage.registry, stage.api) == ("mine", "http://127.0.0.1:2", "http://127.0.0.1:1/api")
    assert stage.token is not None
    assert stage.token.reveal() == "hush"
    assert "hush" not in repr(stage)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registry.heroku.com", "https://registry.heroku.com"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("https://x.example/", "https://x.example"),
    ],
)
def test_addresses(text: str, expected: str) -> None:
    assert addresses.address(text) == expected


def test_this_repositorys_app_json() -> None:
    found = manifest.load(ROOT / "app.json")
    assert found.stack == "container"
    assert found.formation["web"] == Wish(1, "basic")
    assert {plan.plan for plan in found.addons} == {"heroku-postgresql:essential-0", "heroku-redis:mini"}


def test_app_json_of_many_kinds(tmp_path: Path) -> None:
    found = manifest.parse(
        json.dumps(
            {
                "addons": ["a:b", {"plan": "c:d", "as": "CACHE"}],
                "env": {"A": "1", "B": {"generator": "secret"}, "C": {"required": False}},
                "formation": {"web": {"quantity": 2}},
            }
        )
    )
    assert [(plan.plan, plan.attachment) for plan in found.addons] == [("a:b", ""), ("c:d", "CACHE")]
    assert found.env["A"].value == "1"
    assert found.env["B"].generated
    assert not found.env["C"].required
    assert found.formation["web"] == Wish(2, "")
    assert manifest.load(tmp_path / "none").formation == {}
    with pytest.raises(ToolbeltError, match=r"app\.json") as caught:
        manifest.parse('{"formation": {"web": {"quantity": "many"}}, "addons": [{}]}')
    assert len(caught.value.finding.splitlines()) == 2
