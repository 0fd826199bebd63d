"""Heroku says no, or nothing any more, when the release is there already."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.toolbelt.proving import PROVING
from tests.toolbelt.release.scenarios.scene import QUICK, Scene, paragraph
from toolbelt.commands.history import keeping
from toolbelt.heroku.refusals import Unauthorized, Unreachable

pytestmark = pytest.mark.slow


def goes_wrong(site: Scene, **fault: object) -> bool:
    """To be asked for from a hook of the deploy; the answer is that it goes on."""
    address, token = rehearsed_at(site)
    httpx.post(f"{address}/_rehearsal/faults", json=fault, headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    return False


def rehearsed_at(site: Scene) -> tuple[str, str]:
    found = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())
    return found["api"], found["token"]


def with_a_clock(site: Scene) -> str:
    """A commit with a process type that the app has never had."""
    asked = json.loads(site.files["app.json"])
    asked["formation"]["clock"] = {"quantity": 1}
    clock = {"Procfile": PROVING["Procfile"] + "clock: python clock.py\n", "clock.py": "import time\ntime.sleep(1e6)\n"}
    return site.change(**clock, **{"app.json": json.dumps(asked)})


@pytest.mark.parametrize(
    ("status", "todo"),
    [
        (422, "Mend it and commit; then ./inv deploy"),
        (402, "Add a card at https://dashboard.heroku.com/account/billing; then ./inv deploy"),
    ],
)
def test_a_quantity_that_heroku_refuses_takes_the_release_back(site: Scene, status: int, todo: str) -> None:
    was = site.tells()
    with_a_clock(site)
    refused = {"status": status, "method": "PATCH", "path": "^/apps/tiny/formation$"}
    error = site.failed(on=lambda name, _text: name == "after phase" and goes_wrong(site, **refused))
    site.taken_back(error, was)
    assert " is released, and Heroku refuses what comes next: it was taken back" in error.headline
    assert "What was wrong with it: " in paragraph(error)
    assert error.todo.startswith(todo)
    assert "clock" not in site.quantities()


def test_a_token_that_expires_when_it_is_released(site: Scene) -> None:
    """Neither forward nor back: what is so is said, and the next run carries on."""
    before = site.current()
    sha = site.change()
    try:
        with pytest.raises(Unauthorized) as caught:
            site.deploy(options=QUICK, on=lambda name, _text: name == "after phase" and goes_wrong(site, token="expired"))
    finally:
        goes_wrong(site, token="valid")
    error = caught.value
    made = f"v{before.version + 1}"
    assert error.headline.startswith(f"{made} is released, and nobody has seen whether it is any good: Heroku does not accept")
    assert "It had come to its step dynos: what is left was not done, and nothing was taken back." in error.finding
    assert "The site " in error.finding
    assert error.todo.startswith("./inv login --stage rehearsal stores a new token; in CI, set HEROKU_API_KEY. Then ./inv deploy")
    assert site.journals()
    assert before.version + 1 not in keeping.kept(site.tools(), site.heroku())

    said = site.deploy(options=QUICK)
    assert f"{made} was never verified. The last good release is {before.name}." in said
    assert site.tells() == sha
    assert keeping.kept(site.tools(), site.heroku())[site.current().version].outcome == "verified"


def test_a_network_that_is_gone_when_it_is_released(source: Scene) -> None:
    source.change()
    try:
        with pytest.raises(Unreachable) as caught:
            source.deploy(
                on=lambda name, _text: name == "after phase" and goes_wrong(source, drop=True, times=99, path="/dynos$")
            )
    finally:
        goes_wrong(source)
    assert "is released, and nobody has seen whether it is any good: " in caught.value.headline
    assert "Then ./inv deploy --stage rehearsal sees what is there, and carries on" in caught.value.todo
    source.deploy(options=QUICK)


def test_heroku_is_away_just_when_a_bad_release_is_to_be_taken_back(source: Scene) -> None:
    """What was wrong with it is not lost over that."""
    was = source.tells()
    source.change(web_py='raise SystemExit("boom")\n')
    try:
        error = source.failed(on=lambda _name, text: "boom" in text and goes_wrong(source, token="expired"))
    finally:
        goes_wrong(source, token="valid")
    assert "web.1 of v" in error.headline
    assert error.headline.endswith("and taking it back failed")
    assert "What Heroku runs could not be found out" in paragraph(error)
    assert "boom" in paragraph(error)
    assert error.todo.startswith("./inv login --stage rehearsal")
    assert "./inv releases.rollback v" in error.todo

    source.change(web_py=source.files["web.py"])
    said = source.deploy(options=QUICK)
    assert "took over the lock" in said
    assert source.tells() != was
