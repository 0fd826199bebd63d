"""The lock on an app: one at a time, said who, given back in every ending, and taken over from the dead."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.samples import FILES, command
from tests.toolbelt.lock.locks import COMMIT, ELSEWHERE, child, drop, hold, hooks, put
from tests.toolbelt.rehearsed import Site
from tests.waiting import until
from toolbelt.commands.lock import locking
from toolbelt.commands.lock.locking import Locked, locked
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import webhooks
from toolbelt.heroku.refusals import Unreachable


def test_it_is_there_while_it_is_held_and_tells_who(site: Site, rehearsal: Running) -> None:
    tools = site.tools()
    heroku = tools.heroku("rehearsal")
    assert locking.holder(heroku) is None
    with locked(tools, heroku, commit=COMMIT, verb="deploy"):
        held = locking.holder(heroku)
        assert held is not None
        assert (held.who, held.pid, held.commit, held.verb) == (rehearsal.world.email, os.getpid(), COMMIT, "deploy")
        assert "@" in held.host
        assert datetime.now(UTC) - held.since < timedelta(seconds=60)
        assert rehearsal.world.token not in hooks(rehearsal)[0].url
    assert hooks(rehearsal) == []
    assert site.file.getvalue() == ""


def test_it_makes_no_release_and_restarts_nothing(site: Site, rehearsal: Running) -> None:
    rehearsal.release("tiny", {"web": command("web.py")}, FILES)
    rehearsal.up("tiny")

    def state() -> tuple[object, object]:
        dynos = [(each["id"], each["created_at"], each["state"]) for each in rehearsal.http.get("/apps/tiny/dynos").json()]
        return rehearsal.http.get("/apps/tiny/releases").json(), dynos

    before, said = state(), rehearsal.lines("tiny")
    hold(site)
    assert state() == before
    assert [line for line in rehearsal.lines("tiny") if line not in said] == []


def test_webhooks_that_are_no_locks_stay(site: Site, rehearsal: Running) -> None:
    body = {"url": "https://example.com/?verb=deploy", "include": ["api:release"], "level": "sync"}
    theirs = rehearsal.http.post("/apps/tiny/webhooks", json=body).json()["id"]
    hold(site, break_lock=True)
    assert [hook.id for hook in hooks(rehearsal)] == [theirs]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, ToolbeltError, ValueError, SystemExit])
def test_it_is_given_back_in_every_ending(site: Site, rehearsal: Running, ending: type[BaseException]) -> None:
    tools = site.tools()
    with pytest.raises(ending), locked(tools, tools.heroku("rehearsal"), commit=COMMIT, verb="deploy"):
        raise ending("ended")
    assert hooks(rehearsal) == []


@pytest.mark.parametrize("call", ["create", "every"])
def test_ctrl_c_while_it_is_taken_leaves_none(site: Site, rehearsal: Running, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    real = getattr(webhooks, call)

    def interrupted(*arguments: Any, **options: Any) -> None:
        monkeypatch.setattr(webhooks, call, real)
        real(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(webhooks, call, interrupted)
    with pytest.raises(KeyboardInterrupt):
        hold(site)
    assert hooks(rehearsal) == []


def test_sigterm_gives_it_back(site: Site, rehearsal: Running) -> None:
    with child(site) as process:
        assert len(hooks(rehearsal)) == 1
        process.terminate()
        assert process.wait(20) != 0
    assert hooks(rehearsal) == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_process_that_was_killed_is_recognised(site: Site, rehearsal: Running) -> None:
    with child(site) as process:
        with pytest.raises(Locked) as refused:
            hold(site)
        assert f"process {process.pid} of " in refused.value.finding
        assert "which is this machine" in refused.value.finding
        process.kill()
        process.wait(20)
    assert len(hooks(rehearsal)) == 1
    assert f"process {process.pid} of this machine is gone" in hold(site)
    assert hooks(rehearsal) == []


def test_of_two_at_once_one_goes_on(site: Site, rehearsal: Running) -> None:
    for _ in range(4):
        beginning, over = threading.Barrier(2), threading.Event()
        entered: list[str] = []
        refused: list[Locked] = []

        def one(beginning: threading.Barrier, over: threading.Event, entered: list[str], refused: list[Locked]) -> None:
            tools = site.tools()
            heroku = tools.heroku("rehearsal")
            beginning.wait(10)
            try:
                with locked(tools, heroku, commit=COMMIT, verb="deploy"):
                    entered.append("")
                    over.wait(20)
            except Locked as error:
                refused.append(error)
            over.set()

        threads = [threading.Thread(target=one, args=(beginning, over, entered, refused)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert (len(entered), len(refused)) == (1, 1)
        assert hooks(rehearsal) == []


def test_who_came_later_leaves_and_the_earlier_one_goes_on(
    site: Site, rehearsal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = put(rehearsal, ELSEWHERE, ago=timedelta(minutes=-1))
    tools = site.tools()
    heroku = tools.heroku("rehearsal")
    heroku.client.sleep = lambda _seconds: drop(rehearsal, later)
    with locked(tools, heroku, commit=COMMIT, verb="deploy"):
        assert len(hooks(rehearsal)) == 1


def test_one_that_came_later_and_stays_is_not_overrun(site: Site, rehearsal: Running) -> None:
    put(rehearsal, ELSEWHERE, ago=timedelta(minutes=-1))
    tools = site.tools()
    heroku = tools.heroku("rehearsal")
    heroku.client.sleep = lambda _seconds: None
    with pytest.raises(Locked), locked(tools, heroku, commit=COMMIT, verb="deploy"):
        raise AssertionError("two have it")
    assert len(hooks(rehearsal)) == 1


def test_a_lock_that_cannot_be_given_back_does_not_hide_how_it_ended(
    site: Site, rehearsal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_arguments: object) -> None:
        raise Unreachable("Heroku does not answer")

    monkeypatch.setattr(webhooks, "delete", unreachable)
    tools = site.tools()
    heroku = tools.heroku("rehearsal")
    with pytest.raises(ValueError, match="the real reason"), locked(tools, heroku, commit=COMMIT, verb="deploy"):
        raise ValueError("the real reason")
    assert "the lock stays behind (Heroku does not answer)" in site.file.getvalue()


def test_the_later_of_two_waits_no_longer_than_it_must(site: Site, rehearsal: Running) -> None:
    """A refusal comes at once: nothing was waited for."""
    put(rehearsal, ELSEWHERE)
    tools = site.tools()
    heroku = tools.heroku("rehearsal")
    slept: list[float] = []
    heroku.client.sleep = slept.append
    with pytest.raises(Locked), locked(tools, heroku, commit=COMMIT, verb="deploy"):
        pass
    assert slept == []
    until(lambda: len(hooks(rehearsal)) == 1, what="ours is gone")


def test_a_lock_of_which_two_were_made_is_one(site: Site, rehearsal: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to the first POST was lost, and it was sent again."""
    real = webhooks.create

    def twice(*words: Any, **more: Any) -> Any:
        real(*words, **more)
        return real(*words, **more)

    monkeypatch.setattr(webhooks, "create", twice)
    assert hold(site) == ""
    assert hooks(rehearsal) == []
