"""What visitors see of a release: of one that starts slowly, of one whose pages fail, and of one with preboot."""

from __future__ import annotations

import re

import pytest

from tests.rehearsal.load import Load
from tests.toolbelt.proving import HEALTH
from tests.toolbelt.release.scenarios.scene import QUICK, SECOND, Scene, paragraph
from tests.waiting import until
from toolbelt.commands.release.deploy import Options
from toolbelt.heroku import dynos, features, formation

pytestmark = pytest.mark.slow


def test_a_site_that_is_slow_to_start_is_waited_for(site: Scene) -> None:
    """Ten seconds before Heroku would end it; once is enough for that long a wait."""
    seconds = {"source": 50, "image": 4}[site.delivery]
    sha = site.change(web_py=f"import time\ntime.sleep({seconds})\nimport health\nhealth.serve()\n", release_py=SECOND)
    said = site.deploy(options=QUICK, patience=90)
    assert site.tells() == sha
    gap = re.search(r" API calls, gap ([\d.]+) s", said.splitlines()[-1])
    assert gap
    assert seconds - 1 < float(gap[1]) < seconds + 25
    site.change()
    site.deploy(options=QUICK)  # those after it are not to wait as long


def test_visitors_who_see_more_errors_than_before(source: Scene) -> None:
    """The health checks are all green; the pages are not."""
    was = source.tells()
    broken = HEALTH.replace('lambda: (200, {"page": self.path, "pid": os.getpid()})', "lambda: (500, {})")
    assert broken != HEALTH
    source.change(health_py=broken)
    with source.visitors() as visits:
        until(lambda: len(visits) > 10, what="visitors came before")
        error = source.failed(options=Options(seconds=4))
    source.taken_back(error, was)
    assert "Visitors of v" in error.headline
    assert "requests failed, where before it were 0 of " in paragraph(error)
    assert visits[-1] == 200


def test_with_preboot_no_request_is_lost_under_load(site: Scene) -> None:
    heroku = site.heroku()
    formation.scale(heroku.client, heroku.app, {"web": (1, "standard-1x"), "worker": (1, "standard-1x")})
    features.enable(heroku.client, heroku.app, "preboot")
    until(lambda: {each.state for each in dynos.every(heroku.client, heroku.app)} == {"up"}, what="they are of that size")
    sha = site.change(web_py="import time\ntime.sleep(1)\nimport health\nhealth.serve()\n")
    url = site.url()
    try:
        with Load(str(url.copy_with(host="127.0.0.1")).rstrip("/"), url.netloc.decode()) as visitors:
            said = site.deploy(options=QUICK)
    finally:
        features.disable(heroku.client, heroku.app, "preboot")
        formation.scale(heroku.client, heroku.app, {"web": (1, "basic"), "worker": (1, "basic")})
    assert site.tells() == sha
    assert said.splitlines()[-1].endswith(", no gap")
    assert visitors.lost == []
    assert len(visitors.answers) > 100
