"""What somebody else does while a deploy is under way: another deploy, a release of a config var."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.checkout import ROOT
from tests.toolbelt.release.scenarios.scene import QUICK, Scene, paragraph
from tests.toolbelt.release.scenarios.test_answers import OTHER_HEART
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import configvars, releases, webhooks
from toolbelt.secret import Secret

pytestmark = pytest.mark.slow

DEPLOY = """
import json, sys
from pathlib import Path
from tests.toolbelt.rehearsed import BRIEF, Site
from toolbelt.errors import ToolbeltError
site = Site(Path(sys.argv[1]), json.loads(sys.argv[2]))
try:
    site.deploy(options=BRIEF)
except ToolbeltError as error:
    sys.exit(f"{error.headline}|{error.finding}|{error.todo}")
"""


def test_of_two_deploys_at_once_one_goes_on(site: Scene) -> None:
    sha, before = site.change(), site.current()
    argv = [sys.executable, "-c", DEPLOY, str(site.root), json.dumps(site.environ)]
    both = [subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1], said
    [refused] = [text for process, text in zip(both, said, strict=True) if process.returncode]
    winner = next(process for process in both if process.returncode == 0)
    headline, finding, todo = refused.split("|")
    assert headline.startswith("tiny is locked: rehearsal@localhost.localdomain runs ./inv deploy on it, begun ")
    assert f"commit {sha[:7]} a commit, since 20" in finding
    assert f"process {winner.pid} of " in finding
    assert todo.startswith("Wait for it, then: ./inv deploy --stage rehearsal.")
    heroku = site.heroku()
    newest = releases.newest(heroku.client, heroku.app)
    assert newest is not None
    assert newest.version == before.version + 1
    assert site.tells() == sha
    assert webhooks.every(heroku.client, heroku.app) == ()


def set_a_variable(site: Scene) -> bool:
    heroku = site.heroku()
    configvars.change(heroku.client, heroku.app, {"WORD": Secret(site.current().id)})
    return False


def test_what_somebody_else_releases_meanwhile_is_not_undone(source: Scene) -> None:
    before = source.current()
    sha = source.change(beat_py=OTHER_HEART)
    error = source.failed(patience=4, on=lambda name, _text: name == "after site" and set_a_variable(source))
    assert source.current().version == before.version + 2
    assert error.headline.endswith(f"and v{before.version + 2} came after it")
    assert "Set WORD config vars" in paragraph(error)
    assert source.tells() == sha
    source.change()
    source.deploy(options=QUICK)


def test_a_plan_that_is_no_longer_so_is_not_carried_out(source: Scene) -> None:
    source.change()
    with pytest.raises(ToolbeltError, match="has changed since the plan was made") as caught:
        source.deploy(options=QUICK, on=lambda name, _text: name == "after lock" and set_a_variable(source))
    assert "Nothing was done" in caught.value.finding
    assert "✓ upload" not in source.said
    source.deploy(options=QUICK)


def test_a_config_var_that_was_set_while_it_was_building_is_kept_by_the_way_back(source: Scene) -> None:
    was, before = source.tells(), source.current()
    source.change(web_py='raise SystemExit("boom")\n')
    error = source.failed(on=lambda name, _text: name == "after upload" and set_a_variable(source))
    heroku = source.heroku()
    assert configvars.every(heroku.client, heroku.app)["WORD"].reveal() == before.id
    assert source.current().description == f"Rollback to v{before.version + 1}"
    assert f"config vars of v{before.version + 1}" in paragraph(error)
    assert source.tells() == was
    source.change()
    source.deploy(options=QUICK)
