"""Ctrl-C in the middle of a verb on data: what is so afterwards is said, and it is so."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from tests.toolbelt.data.kept import Kept
from tests.waiting import until
from toolbelt.commands.data import databases, moving, restoring
from toolbelt.commands.endings import uninterrupted
from toolbelt.commands.release import backups
from toolbelt.data import asking, copying
from toolbelt.errors import Interrupted, ToolbeltError
from toolbelt.heroku import data

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick")]


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Also where the tests run in the background of a shell, which lets no Ctrl-C get through to them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def filled(kept: Kept) -> None:
    for stage in kept.apps:
        kept.fill(stage)


def ctrl_c(*_words: Any, **_more: Any) -> Any:
    raise KeyboardInterrupt


def then(real: Callable[..., Any]) -> Callable[..., Any]:
    """The answer to it is not waited for."""

    def called(*words: Any, **more: Any) -> Any:
        real(*words, **more)
        raise KeyboardInterrupt

    return called


def interrupted(kept: Kept, verb: Callable[..., None], **options: Any) -> Interrupted:
    with pytest.raises(Interrupted) as caught:
        kept.verb(verb, **options)
    assert caught.value.status == 130
    return caught.value


def ended(kept: Kept, stage: str) -> None:
    until(lambda: all(each.finished for each in kept.transfers(stage)), what="everything at Heroku has ended")


@pytest.mark.parametrize("verb", ["reset", "restore"])
def test_while_the_backup_is_taken_nothing_has_gone_yet(kept: Kept, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setattr(backups, "wait", ctrl_c)
    if verb == "restore":
        kept.running.http.post(f"/client/v11/databases/{_addon(kept, 'a')}/backups")
        ended(kept, "a")
        name = kept.transfers("a")[0].name
        found = interrupted(kept, restoring.restore, what=name, stage="a", yes=False, confirm=kept.apps["a"])
    else:
        found = interrupted(kept, databases.reset, stage="a", yes=False, confirm=kept.apps["a"])
    began = kept.transfers("a")[0].name
    assert found.headline == f"Interrupted at: backup {began}"
    assert found.finding == f"It goes on at Heroku. {kept.apps['a']} has its data as it was."
    assert "./inv db.backups --stage a tells how it ended" in found.todo
    ended(kept, "a")
    assert kept.rows("a") == 5000
    assert kept.transfers("a")[0].succeeded


def _addon(kept: Kept, stage: str) -> str:
    return str(kept.running.http.get(f"/apps/{kept.apps[stage]}/addons").json()[0]["id"])


def test_a_backup_of_which_no_answer_came(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "capture", ctrl_c)
    found = interrupted(kept, databases.reset, stage="a", yes=False, confirm=kept.apps["a"])
    assert found.finding.startswith("Whether it has begun at Heroku is not known.")
    assert kept.rows("a") == 5000


def test_reset(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "reset", then(data.reset))
    found = interrupted(kept, databases.reset, stage="b", yes=False, confirm=kept.apps["b"])
    assert "does not stop at that: its data is gone, or about to be." in found.finding
    assert found.todo == "./inv db.info --stage b tells what is in it"
    assert kept.tables("b") == 0


@pytest.mark.parametrize("when", ["waiting", "beginning"])
def test_a_restore_that_goes_on(kept: Kept, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    backups.back_up(kept.tools(), kept.tools().heroku("b"), every=0.05)
    name = kept.transfers("b")[0].name
    kept.fill("b", 7)
    if when == "waiting":
        monkeypatch.setattr(backups, "wait", ctrl_c)
    else:
        monkeypatch.setattr(data, "restore", then(data.restore))
    found = interrupted(kept, restoring.restore, what=name, stage="b", yes=False, confirm=kept.apps["b"])
    began = kept.transfers("b")[0].name
    assert began.startswith("r")
    assert found.finding == f"The restore {began} of {name} goes on at Heroku, over what was there."
    assert f"./inv db.backups.cancel {began} --stage b ends it, half done" in found.todo
    ended(kept, "b")
    assert kept.rows("b") == 5000


def test_a_restore_that_has_not_begun(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    backups.back_up(kept.tools(), kept.tools().heroku("b"), every=0.05)
    name = kept.transfers("b")[0].name
    kept.fill("b", 7)
    monkeypatch.setattr(data, "restore", ctrl_c)
    found = interrupted(kept, restoring.restore, what=name, stage="b", yes=False, confirm=kept.apps["b"])
    assert found.finding == f"Heroku knows of no restore of {name}: {kept.apps['b']} has its data as it was."
    assert kept.rows("b") == 7


def test_a_copy_before_its_end_leaves_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off by a real signal while pg_dump waits for a lock, after the target was emptied."""
    lock = kept.running.http.get(f"/apps/{kept.apps['a']}/config-vars").json()["DATABASE_URL"]
    locking = psycopg2.connect(lock, sslmode="require")
    real = copying.copy

    def copy(*words: Any, **more: Any) -> Any:
        locking.cursor().execute("LOCK TABLE kept IN ACCESS EXCLUSIVE MODE")
        threading.Thread(target=at_the_lock, daemon=True).start()
        return real(*words, **more)

    def at_the_lock() -> None:
        until(lambda: kept.ask("a", "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(1,)], what="pg_dump waits")
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(copying, "copy", copy)
    # What is counted first would wait as well.
    monkeypatch.setattr(asking, "snapshot", _no_snapshot)
    try:
        found = interrupted(kept, moving.copy, a="a", b="b", confirm=kept.apps["b"], replace=True)
    finally:
        locking.close()
    assert found.finding == f"Nothing was restored: the database of {kept.apps['b']} is empty."
    assert kept.tables("b") == 0
    assert kept.transfers("b")[0].succeeded  # what was there


class _no_snapshot:  # noqa: N801 (in the place of a function)
    def __init__(self, _database: Any) -> None: ...

    def __enter__(self) -> tuple[str, Any]:
        return "", asking.Contents({}, ())

    def __exit__(self, *_error: object) -> None: ...


def test_a_copy_that_has_all_but_was_not_checked(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "_check", ctrl_c)
    found = interrupted(kept, moving.copy, a="a", b="b", confirm=kept.apps["b"], replace=True)
    said = f"The data is in the database of {kept.apps['b']} (1 tables); whether all of it is, was not checked to the end."
    assert found.finding == said
    assert kept.rows("b") == 5000


def test_a_copy_that_is_not_what_its_source_is(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """No interruption, but the same question: what is so now?"""
    monkeypatch.setattr(copying, "differences", lambda *_words, **_more: ("public.kept: other",))
    with pytest.raises(ToolbeltError, match="The copy is not what its source is") as caught:
        kept.verb(moving.copy, a="a", b="b", confirm=kept.apps["b"], replace=True)
    assert "The data is in the database of" in caught.value.finding
    assert "empty" not in caught.value.finding


def test_a_moment_in_which_nobody_is_heard() -> None:
    done: list[str] = []

    def moment() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        moment()
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_who_is_never_heard_is_not_heard_then() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
