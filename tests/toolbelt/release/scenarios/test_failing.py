"""Releases that fail at once: their phase, their dynos, what they read. Each test looks at what runs afterwards."""

from __future__ import annotations

import re

import pytest

from tests.toolbelt.release.scenarios.scene import QUICK, SECOND, Scene, paragraph
from toolbelt.commands.history import keeping
from toolbelt.commands.release.deploy import Options

pytestmark = pytest.mark.slow


def test_a_good_deploy_is_held_to_all_of_it(site: Scene) -> None:
    sha = site.change()
    said = site.deploy(options=QUICK)
    assert f"ready, worker on {sha[:7]}" in said
    assert re.search(r"answered (\d+) times in a row", said)[1] >= "3"  # type: ignore[index]
    assert keeping.kept(site.tools(), site.heroku())[site.current().version].outcome == "verified"
    assert re.search(r" API calls, (no gap|gap [\d.]+ s)", said.splitlines()[-1])


def test_a_release_phase_that_fails_leaves_what_ran(site: Scene) -> None:
    was, before = site.tells(), site.current()
    site.change(release_py='raise SystemExit("django.db.utils.ProgrammingError: relation \\"shop\\" does not exist")\n')
    error = site.failed()
    assert site.current() == before
    assert site.tells() == was
    assert re.fullmatch(rf"The release phase of v\d+ failed: {before.name} keeps running", error.headline)
    assert "the database has no table shop" in paragraph(error)
    assert f"The site answers: commit {was[:12]}" in paragraph(error)
    assert not site.journals(), "its journal is over"


def test_web_is_fine_but_the_worker_crashes(site: Scene) -> None:
    was = site.tells()
    site.change(worker_py='import beat\nbeat.beat(1)\nraise RuntimeError("no such queue")\n')
    error = site.failed(options=Options(seconds=15))
    site.taken_back(error, was)
    assert "worker.1 of v" in error.headline
    assert "it ended with RuntimeError: no such queue" in paragraph(error)


def test_a_config_var_that_is_missing(site: Scene) -> None:
    was = site.tells()
    site.change(web_py='import os\nos.environ["STRIPE_KEY"]\nimport health\nhealth.serve()\n', release_py=SECOND)
    error = site.failed()
    site.taken_back(error, was)
    assert "it reads STRIPE_KEY from its environ, and the app has no such config var" in paragraph(error)
    assert error.todo.startswith("./inv config.set STRIPE_KEY=… --stage rehearsal; then ./inv deploy --stage rehearsal")
    assert "KeyError: 'STRIPE_KEY'" in site.said
    assert "gap " in paragraph(error)
