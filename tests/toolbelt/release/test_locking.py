"""The lock on an app: one at a time, said who, given back in every ending, and taken over from the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.records import Webhook
from tests.checkout import ROOT
from tests.rehearsal.harness import Running
from tests.rehearsal.samples import FILES, command
from tests.toolbelt.rehearsed import Site
from tests.waiting import until
from toolbelt.commands.lock import holding, locking
from toolbelt.commands.lock.holding import Holder
from toolbelt.commands.lock.locking import Locked, locked
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import webhooks
from toolbelt.heroku.refusals import Unreachable

COMMIT = "8d97fa3" + "0" * 33
ELSEWHERE = Holder(
    who="ann@example.com", host="ann@laptop", pid=1234, commit="c0ffee0" + "0" * 33, since=datetime.now(UTC), verb="deploy",
    born=1.0, place="another machine",
)  # fmt: skip
CHILD = """
import sys
from pathlib import Path
from tests.toolbelt.rehearsed import Site
from toolbelt.commands.lock.locking import locked
site = Site(Path(sys.argv[1]), {"HOME": sys.argv[1]})
tools = site.tools()
with locked(tools, tools.heroku("rehearsal"), commit="c0ffee0", verb="deploy"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.make(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def rehearsal(site: Site) -> Iterator[Running]:
    """In this process, so that a test can make a lock old."""
    running = Running(site.root / ".djheroku" / "rehearsal", runtime="process")
    site.create()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _clean(rehearsal: Running) -> Iterator[None]:
    yield
    rehearsal.http.post("/_rehearsal/faults", json={})
    for hook in hooks(rehearsal):
        drop(rehearsal, hook)


def drop(rehearsal: Running, hook: Webhook) -> None:
    rehearsal.http.delete(f"/apps/tiny/webhooks/{hook.id}")


def hooks(rehearsal: Running) -> list[Webhook]:
    async def look() -> list[Webhook]:
        return rehearsal.world.store.all(Webhook)

    found: list[Webhook] = rehearsal.call(look())
    return found


def put(rehearsal: Running, held: Holder, *, ago: timedelta = timedelta(minutes=3)) -> Webhook:
    """A lock of somebody else's, as old as that."""
    created = f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%SZ}"
    hook = Webhook(app_id=rehearsal.record("tiny").id, include=("api:sni-endpoint",), level="notify",
                   url=holding.url(held, nonce="0"), created_at=created)  # fmt: skip

    async def go() -> Webhook:
        return rehearsal.world.store.put(hook)

    made: Webhook = rehearsal.call(go())
    return made


def hold(site: Site, *, verb: str = "deploy", **options: Any) -> str:
    """Take the lock and give it back; what was said."""
    tools = site.tools()
    with locked(tools, tools.heroku("rehearsal"), commit=COMMIT, verb=verb, **options):
        pass
    return site.file.getvalue()


def child(site: Site) -> subprocess.Popen[str]:
    """Another process of this machine, with the lock in its hand."""
    argv = [sys.executable, "-c", CHILD, str(site.root)]
    process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


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
    with pytest.raises(Locked, match="eve@example"):
        hold(site, break_lock=True)
    assert [hook.id for hook in hooks(rehearsal)] == [rival.id]


def test_an_account_that_may_not_make_webhooks_goes_on_without(site: Site, rehearsal: Running) -> None:
    rehearsal.http.post("/_rehearsal/faults", json={"status": 403, "times": 1, "path": "/webhooks$"})
    assert "! no lock: this account cannot make webhooks (You do not have access" in hold(site)
    put(rehearsal, ELSEWHERE)
    rehearsal.http.post("/_rehearsal/faults", json={"status": 403, "times": 1, "path": "/webhooks$"})
    with pytest.raises(Locked, match="ann@example"):
        hold(site)


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
