"""Whom the lock keeps out, what they are told, and whom it does not keep out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.rehearsal.harness import Running
from tests.toolbelt.lock.locks import ELSEWHERE, hold, hooks, put
from tests.toolbelt.rehearsed import Site
from toolbelt.commands.lock.locking import Locked


def test_the_refusal_says_who_since_when_which_commit_and_what_to_do(site: Site, rehearsal: Running) -> None:
    put(rehearsal, replace(ELSEWHERE, job="https://github.com/a/b/actions/runs/7"))
    with pytest.raises(Locked) as refused:
        hold(site, verb="releases.rollback")
    error = refused.value
    assert error.headline == "tiny is locked: ann@example.com runs ./inv deploy on it, begun 3 min ago"
    assert error.finding.startswith("commit c0ffee0, since 20")
    assert "process 1234 of ann@laptop\nhttps://github.com/a/b/actions/runs/7" in error.finding
    again = "./inv releases.rollback --stage rehearsal"
    assert error.todo == f"Wait for it, then: {again}. If nobody is at it any more, add --break-lock"
    assert len(hooks(rehearsal)) == 1


def test_an_old_one_is_said_to_be_old_and_is_broken_only_when_told(site: Site, rehearsal: Running) -> None:
    put(rehearsal, ELSEWHERE, ago=timedelta(hours=3))
    with pytest.raises(Locked, match="since 3 h ago: most likely by a run that was killed") as refused:
        hold(site)
    assert refused.value.todo == "Ask them if you can, then: ./inv deploy --stage rehearsal --break-lock"
    assert "took over the lock of ./inv deploy of c0ffee0 by ann@example.com: as --break-lock says" in hold(site, break_lock=True)
    assert hooks(rehearsal) == []


def test_a_rival_is_not_broken(site: Site, rehearsal: Running) -> None:
    """Two that break a lock at the same time do not break one another's."""
    put(rehearsal, ELSEWHERE, ago=timedelta(hours=3))
    rival = put(rehearsal, replace(ELSEWHERE, who="eve@example.com"), ago=timedelta(seconds=5))
    with pytest.raises(Locked, match="eve@example") as refused:
        hold(site, break_lock=True)
    assert "a lock so young is not broken" in refused.value.todo
    assert [hook.id for hook in hooks(rehearsal)] == [rival.id]


def test_an_account_that_may_not_make_webhooks_goes_on_without(site: Site, rehearsal: Running) -> None:
    rehearsal.http.post("/_rehearsal/faults", json={"status": 403, "times": 1, "path": "/webhooks$"})
    assert "! no lock: this account cannot make webhooks (You do not have access" in hold(site)
    put(rehearsal, ELSEWHERE)
    rehearsal.http.post("/_rehearsal/faults", json={"status": 403, "times": 1, "path": "/webhooks$"})
    with pytest.raises(Locked, match="ann@example"):
        hold(site)
