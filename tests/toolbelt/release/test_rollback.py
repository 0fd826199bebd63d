"""`./inv releases.rollback` on a rehearsal: locked, proved, recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.toolbelt.rehearsed import BRIEF, FILES, Site
from toolbelt.commands.history import keeping, picking, recording
from toolbelt.commands.lock import holding
from toolbelt.commands.lock.holding import Holder
from toolbelt.commands.lock.locking import INCLUDE, Locked
from toolbelt.commands.release import releases
from toolbelt.commands.release import rollback as rollbacks
from toolbelt.errors import DeployFailed, Interrupted, UsageError
from toolbelt.heroku import configvars, webhooks
from toolbelt.heroku import releases as released
from toolbelt.secret import Secret

pytestmark = pytest.mark.slow


def versions(site: Site) -> list[int]:
    heroku = site.heroku()
    return [each.version for each in released.every(heroku.client, heroku.app)]


def test_a_rollback_is_locked_proved_and_recorded(site: Site) -> None:
    heroku, tools = site.heroku(), site.tools()
    site.commit({"two": "to go back from"})
    site.deploy(options=BRIEF)
    before = versions(site)
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


def test_a_rollback_that_is_interrupted_when_it_is_made_is_none_that_failed(site: Site) -> None:
    """The old code has done nothing; the next way back is not to pass it by."""
    site.change()
    site.deploy(options=BRIEF)
    with pytest.raises(Interrupted):
        site.verb(releases.rollback, which="", on=lambda name, _text: name == "after dynos")
    assert keeping.kept(site.tools(), site.heroku())[versions(site)[0]].outcome == "released"


def test_what_was_released_while_the_lock_was_waited_for_is_not_undone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    heroku, before = site.heroku(), versions(site)
    taken = rollbacks.locked

    def late(*arguments: Any, **named: Any) -> Any:
        configvars.change(heroku.client, heroku.app, {"WORD": Secret("of somebody else")})
        return taken(*arguments, **named)

    monkeypatch.setattr(rollbacks, "locked", late)
    with pytest.raises(UsageError, match=r"was released meanwhile \(Set WORD config vars\): nothing was done"):
        site.verb(releases.rollback, which=f"v{before[-1]}" if len(before) < 2 else "")
    assert len(versions(site)) == len(before) + 1
