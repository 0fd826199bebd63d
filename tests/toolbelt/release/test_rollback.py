"""`./inv releases.rollback` on a rehearsal, and two deploys at once: locked, proved, recorded."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.checkout import ROOT
from tests.toolbelt.rehearsed import BRIEF, FILES, Site
from toolbelt.commands.history import keeping, picking, recording
from toolbelt.commands.lock import holding
from toolbelt.commands.lock.holding import Holder
from toolbelt.commands.lock.locking import INCLUDE, Locked
from toolbelt.commands.release import releases
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import releases as released
from toolbelt.heroku import webhooks

pytestmark = pytest.mark.slow

DEPLOY = """
import sys
from pathlib import Path
from tests.toolbelt.rehearsed import BRIEF, Site
from toolbelt.errors import ToolbeltError
site = Site(Path(sys.argv[1]), {"HOME": sys.argv[1], "PATH": sys.argv[2]})
try:
    site.deploy(options=BRIEF)
except ToolbeltError as error:
    sys.exit(f"{error.headline}|{error.finding}|{error.todo}")
"""


def versions(site: Site) -> list[int]:
    heroku = site.heroku()
    return [each.version for each in released.every(heroku.client, heroku.app)]


def test_of_two_deploys_at_once_one_goes_on(site: Site) -> None:
    site.commit({"two": "at once"})
    before = versions(site)
    argv = [sys.executable, "-c", DEPLOY, str(site.root), site.environ["PATH"]]
    both = [subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1], said
    [refused] = [text for process, text in zip(both, said, strict=True) if process.returncode]
    winner = next(process for process in both if process.returncode == 0)
    headline, finding, todo = refused.split("|")
    assert headline.startswith("tiny is locked: rehearsal@localhost.localdomain runs ./inv deploy on it, begun ")
    assert f"commit {site.head[:7]} a commit, since 20" in finding
    assert f"process {winner.pid} of " in finding
    assert todo.startswith("Wait for it, then: ./inv deploy --stage rehearsal.")
    assert len(versions(site)) == len(before) + 1
    heroku = site.heroku()
    assert webhooks.every(heroku.client, heroku.app) == ()


def test_a_rollback_is_locked_proved_and_recorded(site: Site) -> None:
    heroku = site.heroku()
    before, tools = versions(site), site.tools()
    held = Holder(who="ann@example.com", host="ann@laptop", pid=1, commit="c0ffee0", since=datetime.now(UTC), verb="deploy")
    theirs = webhooks.create(heroku.client, heroku.app, holding.url(held, nonce="0"), include=INCLUDE)
    with pytest.raises(Locked, match="ann@example"):
        site.verb(releases.rollback, which="")
    assert "lock" in site.deploy(dry_run=True)  # a plan takes none, and minds none
    assert versions(site) == before
    assert [each.id for each in webhooks.every(heroku.client, heroku.app)] == [theirs.id]
    webhooks.delete(heroku.client, heroku.app, theirs.id)

    said = site.verb(releases.rollback, which="")
    steps = [line.split()[1] for line in said.splitlines() if line.startswith("✓ ")]
    assert steps == ["rollback", "dynos", "site", "gate"]
    made = versions(site)[0]
    record = keeping.kept(tools, heroku)[made]
    first = keeping.kept(tools, heroku)[before[1]]
    assert (record.kind, record.outcome, record.commit) == ("rollback", "verified", first.commit)
    assert (record.previous, record.change) == (before[0], -(keeping.kept(tools, heroku)[before[0]].change or 0))
    assert f"v{made} runs, with the code of v{before[1]}." in said
    assert webhooks.every(heroku.client, heroku.app) == ()
    # What runs is the first code again, before which there is none.
    with pytest.raises(UsageError, match="no earlier release to go back to"):
        site.verb(releases.rollback, which="")
    assert f"v{made}" in site.verb(releases.list_, count=1, as_json=False)


def test_what_was_taken_back_is_none_to_go_back_to(site: Site) -> None:
    """A run that was killed has left its release behind; it is closed by the way back."""
    tools, heroku = site.tools(), site.heroku()
    good = versions(site)[0]
    site.commit({"three": "killed"})
    site.deploy(options=BRIEF)
    bad = versions(site)[0]
    journal = recording.begin(
        tools, heroku, commit=site.head, kind="source", before=good, before_commit="", formation={}, config=()
    )
    journal.note("version", bad)
    journal.process = replace(journal.process, born=1.0)  # of a process that is gone
    journal.note("subject", "killed")
    assert f"with v{bad} is put down as rolled back" in site.verb(releases.rollback, which="")
    assert keeping.kept(tools, heroku)[bad].outcome == "rolled back"
    assert recording.unfinished(tools, heroku) is None
    running = released.running(heroku.client, heroku.app)
    assert running is not None
    assert picking.before(tools, heroku, replace(running, description="Deploy")).version == good


def test_a_rollback_that_does_not_work_is_told_and_recorded(site: Site) -> None:
    site.commit({"web.py": "raise SystemExit('no')\n"})
    with pytest.raises(DeployFailed):
        site.deploy(options=replace(BRIEF, rollback=False))
    broken = versions(site)[0]
    site.commit(FILES)
    site.deploy(options=BRIEF)
    good = versions(site)[0]
    with pytest.raises(DeployFailed, match="crashed") as failed:
        site.verb(releases.rollback, which=f"v{broken}")
    assert f"./inv releases.rollback v{good} --stage rehearsal" in failed.value.todo
    assert keeping.kept(site.tools(), site.heroku())[versions(site)[0]].outcome == "failed"
