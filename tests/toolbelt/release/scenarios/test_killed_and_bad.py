"""`./inv deploy` that is killed (kill -9) with a bad release on its hands: the next run goes back behind it."""

from __future__ import annotations

import pytest

from tests.toolbelt.release.scenarios.killing import ROLLBACK, killed
from tests.toolbelt.release.scenarios.scene import QUICK, Scene
from tests.toolbelt.release.scenarios.test_meanwhile import set_a_variable
from tests.waiting import until
from toolbelt.commands.history import keeping
from toolbelt.errors import ToolbeltError

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


def test_what_was_killed_in_another_checkout_is_known_by_its_lock(source: Scene) -> None:
    good = source.change()
    source.deploy(options=QUICK)
    before = source.current()
    source.change(health_py=source.files["health.py"].replace("COMMIT = os", 'COMMIT = "f" * 40 or os'))
    killed(source, "after dynos")
    for journal in source.journals():
        journal.unlink()
    source.change(web_py='raise SystemExit("boom")\n')
    error = source.failed()
    assert "took over the lock" in source.said
    told = f"did not come to its end. v{before.version + 1} was never verified. The last good release is {before.name}."
    assert told in source.said
    source.taken_back(error, good)


def test_what_was_killed_is_not_forgotten_where_the_next_run_is_refused(source: Scene) -> None:
    """It has taken over the lock, and then somebody else has changed the app: no lock tells of it any more."""
    source.change()
    source.deploy(options=QUICK)
    before = source.current()
    source.change()
    killed(source, "after dynos")
    for journal in source.journals():
        journal.unlink()
    with pytest.raises(ToolbeltError, match="has changed since the plan was made"):
        source.deploy(options=QUICK, on=lambda name, _text: name == "after lock" and set_a_variable(source))
    assert keeping.kept(source.tools(), source.heroku())[before.version + 1].outcome == "unproven"
    source.change()
    source.deploy(options=QUICK)


def test_a_run_that_released_nothing_makes_nobody_s_release_a_bad_one(source: Scene) -> None:
    """Somebody else, who has the lock taken over, releases after it; this checkout hears of it from Heroku alone."""
    source.change()
    killed(source, "in upload")
    [journal] = source.journals()
    text = journal.read_text()
    good = source.change()
    source.deploy(options=QUICK)
    theirs = source.current()
    for record in (source.root / ".djheroku" / "releases").rglob(f"{theirs.name}.json"):
        record.unlink()
    journal.write_text(text)
    source.change(web_py='raise SystemExit("boom")\n')
    error = source.failed()
    assert f"The last good release is {theirs.name}." in source.said
    assert "was never verified" not in source.said
    source.taken_back(error, good)


@pytest.mark.parametrize("at", ["after rollback", "after dynos", "after gate"])
def test_a_rollback_that_dies_has_brought_good_code_back(source: Scene, at: str) -> None:
    """Heroku carries it out, whoever has asked for it: what it made is one to go back to."""
    good = source.change()
    source.deploy(options=QUICK)
    before = source.current()
    source.change()
    source.deploy(options=QUICK)
    killed(source, at, verb=ROLLBACK)
    back = before.version + 2
    until(lambda: source.current().version == back, what="the rollback is there")
    source.change(web_py='raise SystemExit("boom")\n')
    error = source.failed()
    assert "took over the lock of ./inv releases.rollback" in source.said
    assert "never verified" not in source.said
    assert source.current().description == f"Rollback to v{back}"
    source.taken_back(error, good)


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
