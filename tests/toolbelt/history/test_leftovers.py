"""What a run that ended in its middle has made: found by what it wrote down, or by what its lock tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.toolbelt.rehearsed import Site
from toolbelt.commands.history import leftovers
from toolbelt.commands.history.recording import Journal, Step
from toolbelt.commands.lock.holding import Holder
from toolbelt.heroku.releases import Release
from toolbelt.stack.state import Running

OURS, THEIRS = "a" * 40, "b" * 40
BEGAN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NOBODY = 2**22 + 1  # no pid that Linux gives


def release(version: int, description: str, minutes: float = 1) -> Release:
    made = BEGAN + timedelta(minutes=minutes)
    return Release(f"r{version}", version, "succeeded", description, "me", made, False, True, "", "")


def journal(site: Site, kind: str, *steps: str, version: int = 0) -> Journal:
    tools = site.tools()
    return Journal(
        tools=tools, heroku=tools.heroku("staging"), commit=OURS, kind=kind, before=3 if kind else None, before_commit="",
        formation={}, config=(), began=BEGAN.isoformat(), process=Running(NOBODY, 1.0), steps=[Step(name) for name in steps],
        notes={"version": version} if version else {"verb": "" if kind else "deploy"},
    )  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "tiny"\n[tool.djheroku.stages.staging]\napp = "tiny"\n')
    return Site(tmp_path, {"HOME": str(tmp_path), "HEROKU_API_KEY": "x"})


BUILT = (release(4, "Deploy aaaaaaaa"), release(3, "Deploy cccccccc", -60))
ELSE = (release(4, "Deploy bbbbbbbb"), release(3, "Deploy cccccccc", -60))
PUSHED = (release(4, "Deployed web, worker (7d2f1c)"), release(3, "Deployed web (1)", -60))
PROMOTED = (release(4, "Promote other v9 aaaaaaaa"), release(3, "Deploy cccccccc", -60))


@pytest.mark.parametrize(
    ("kind", "steps", "found", "made"),
    [
        pytest.param("source", ["lock", "upload", "build"], BUILT, 4, id="in the build"),
        pytest.param("source", ["lock", "upload"], BUILT, None, id="before the build"),
        pytest.param("source", ["lock", "upload", "build"], ELSE, None, id="of another commit"),
        pytest.param("git", ["lock", "build"], BUILT, 4, id="pushed"),
        pytest.param("image", ["lock", "build"], PUSHED, None, id="an image that was built here"),
        pytest.param("image", ["lock", "build", "upload"], PUSHED, None, id="an image that was uploaded"),
        pytest.param("image", ["lock", "build", "upload", "release"], PUSHED, 4, id="an image that was released"),
        pytest.param("promotion", ["lock", "copy", "release"], PUSHED, 4, id="a promoted image"),
        pytest.param(
            "promotion", ["lock", "promote"], (release(4, "Promote other v9 aaaaaaaa"), BUILT[1]), 4, id="a promoted slug"
        ),
        pytest.param("source", [], BUILT, None, id="nothing"),
        pytest.param("", [], BUILT, 4, id="a lock"),
        pytest.param("", [], ELSE, None, id="a lock, and another commit"),
        pytest.param("", [], (release(4, "Rollback to v2"), BUILT[1]), None, id="a way back is its end"),
        pytest.param("", [], (release(4, "Set WORD config vars"), BUILT[1]), None, id="config vars"),
        pytest.param("", [], (release(4, "Deploy aaaaaaaa", -3), BUILT[1]), None, id="before the lock"),
        pytest.param("source", ["build"], (release(5, "Deploy bbbbbbbb"), *BUILT), 4, id="and somebody else's after it"),
    ],
)
def test_what_it_has_made(site: Site, kind: str, steps: list[str], found: Sequence[Release], made: int | None) -> None:
    told = leftovers.made(journal(site, kind, *steps), found, known=())
    assert (told and told.version) == made


def test_what_was_released_before_the_lock_is_not_its_doing(site: Site) -> None:
    """Heroku tells both times by one clock, where a journal tells its own by that of its machine."""
    found = (release(4, "Deployed web (1)", -1), release(3, "Deployed web (0)", -60))
    assert leftovers.made(journal(site, ""), found, known=()) is None
    assert leftovers.made(journal(site, "image", "release"), found, known=()) == found[0]


def test_a_way_back_that_was_killed_makes_nothing_unproven(site: Site) -> None:
    left = journal(site, "")
    left.notes["verb"] = "releases.rollback"
    assert leftovers.made(left, BUILT, known=()) is None


def test_what_it_wrote_down_counts(site: Site) -> None:
    left = journal(site, "image", "lock", version=3)
    assert leftovers.made(left, PUSHED, known={3}) == PUSHED[1]


def test_what_has_a_record_is_of_a_run_that_came_to_its_end(site: Site) -> None:
    assert leftovers.made(journal(site, ""), BUILT, known={4}) is None


def test_the_same_code_with_other_config_vars_is_no_better(site: Site) -> None:
    found = (release(7, "Deploy bbbbbbbb"), release(6, "Remove X config vars"), release(5, "Set X config vars"), *BUILT)
    bad = leftovers.unproven([journal(site, "source", "build")], found, known=())
    assert {each.version for each in bad} == {4, 5, 6}


def test_a_run_that_left_its_journal_and_its_lock_is_one(site: Site) -> None:
    here = journal(site, "source", "build")
    here.step("dynos")
    locks = [Holder(who="me", host="here", pid=pid, commit=OURS, since=BEGAN, verb="deploy") for pid in (NOBODY, NOBODY + 1)]
    told = leftovers.journals(here.tools, here.heroku, locks)
    assert [(each.kind, each.process.pid) for each in told] == [("source", NOBODY), ("", NOBODY + 1)]
