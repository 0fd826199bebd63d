"""`./inv deploy` that is killed (kill -9) with a bad release on its hands: the next run goes back behind it."""

from __future__ import annotations

import pytest

from tests.toolbelt.release.scenarios.killing import killed
from tests.toolbelt.release.scenarios.scene import QUICK, Scene
from tests.waiting import until

pytestmark = pytest.mark.slow


def test_what_nobody_has_verified_is_no_release_to_go_back_to(site: Scene) -> None:
    """The run dies when its dynos are up; what it released is bad, and the next release is bad too."""
    good = site.change()
    site.deploy(options=QUICK)
    before = site.current()
    site.change(health_py=site.files["health.py"].replace("COMMIT = os", 'COMMIT = "f" * 40 or os'))
    killed(site, "after dynos")
    site.change(web_py='raise SystemExit("boom")\n')
    error = site.failed()
    assert f"v{before.version + 1} was never verified. The last good release is {before.name}." in site.said
    assert error.headline.endswith(f"v{before.version + 3} runs with the code of {before.name}")
    site.taken_back(error, good)


def test_a_run_that_dies_while_it_goes_back(site: Scene) -> None:
    """The rollback goes on at Heroku, and is there when the next run begins."""
    good = site.change()
    site.deploy(options=QUICK)
    before = site.current()
    site.change(web_py='raise SystemExit("boom")\n')
    killed(site, "after rollback")
    until(lambda: site.current().version == before.version + 2, what="the rollback is there")
    sha = site.change(web_py=site.files["web.py"])
    said = site.deploy(options=QUICK)
    assert f"v{before.version + 1} was never verified. The last good release is v{before.version + 2}." in said
    assert sha[:7] in said.splitlines()[-1]
    assert sha != good
