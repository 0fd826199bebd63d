"""Releases whose dynos are all up, and whose site says the wrong thing: /health/release, /health/ready, the worker's heart."""

from __future__ import annotations

import pytest

from tests.toolbelt.proving import BEAT, HEALTH
from tests.toolbelt.release.scenarios.scene import QUICK, Scene, paragraph
from toolbelt.commands.history import keeping
from toolbelt.commands.release.deploy import Options

pytestmark = pytest.mark.slow


def test_a_site_that_answers_500(site: Scene) -> None:
    was = site.tells()
    site.change(health_py=HEALTH.replace("def release():\n", "def release():\n    return 500, {}\n"))
    error = site.failed(patience=site.brief)
    site.taken_back(error, was)
    assert "/health/release answers HTTP status 500" in paragraph(error)


def test_a_site_that_answers_with_the_old_commit(site: Scene) -> None:
    was = site.tells()
    site.change(health_py=HEALTH.replace("COMMIT = os", f'COMMIT = "{was}" or os'))
    error = site.failed(patience=site.brief)
    site.taken_back(error, was)
    assert f"/health/release answers commit {was[:12]}" in paragraph(error)


def test_a_site_that_is_not_ready(site: Scene) -> None:
    was = site.tells()
    checks = "CHECKS = {'database': {'ok': False, 'ms': 1, 'detail': 'does not answer'}}"
    site.change(health_py=HEALTH.replace("CHECKS = {}", checks))
    error = site.failed(patience=site.brief)
    site.taken_back(error, was)
    assert "it is not ready: database: does not answer" in paragraph(error)


def test_a_site_that_answers_well_every_second_time(site: Scene) -> None:
    was = site.tells()
    sometimes = "N = [0]\ndef release():\n    N[0] += 1\n    if N[0] > 5 and N[0] % 2: return 500, {}\n"
    site.change(health_py=HEALTH.replace("def release():\n", sometimes))
    error = site.failed(options=Options(seconds=15))
    site.taken_back(error, was)
    assert "one time and not the next" in error.headline


OTHER_HEART = BEAT.replace("COMMIT = os", 'COMMIT = "e" * 40 or os')


def test_a_worker_of_another_commit_is_not_the_new_one(site: Scene) -> None:
    was = site.tells()
    site.change(beat_py=OTHER_HEART)
    error = site.failed(patience=site.brief)
    site.taken_back(error, was)
    assert "a worker still runs commit eeeeeeeeeeee" in paragraph(error)


def test_without_a_gate_nobody_looks_at_the_worker(source: Scene) -> None:
    sha = source.change(beat_py=OTHER_HEART)
    said = source.deploy(options=Options(verify=False))
    assert "✓ gate" not in said
    assert source.tells() == sha
    assert keeping.kept(source.tools(), source.heroku())[source.current().version].outcome == "released"
    source.change()
    source.deploy(options=QUICK)
