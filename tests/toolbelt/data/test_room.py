"""Room on a disk: seen in time, and said in the same words whoever has seen it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.waiting import until
from toolbelt.data import asking, room
from toolbelt.data.database import Database
from toolbelt.errors import ToolbeltError
from toolbelt.secret import Secret
from toolbelt.stack import disk

FRESH = Database("127.0.0.1", 1, "u", Secret("p"), "djheroku_scratch_x")
SAID = 'pg_restore: error: COPY failed for table "t":\nERROR:  no file "base/1": No space left on device\nHINT:  See.'


def test_a_program_that_says_so_and_one_that_says_something_else() -> None:
    other = ToolbeltError("The restore failed", finding="no such table")
    assert room.named(other) is other
    found = room.named(ToolbeltError("The restore failed", finding=SAID), todo="Elsewhere")
    assert (found.headline, found.todo) == ("There is no room left on the disk", "Elsewhere")
    assert found.finding == 'ERROR:  no file "base/1": No space left on device'
    assert room.named(found) is found


def test_the_copy_goes_where_there_is_no_room_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[str] = []
    monkeypatch.setattr(asking, "drop", lambda database: dropped.append(database.name))
    monkeypatch.setattr(room, "free", lambda _folder: room.RESERVE - 1)

    def whole() -> None:
        with room.watched(tmp_path, FRESH):
            until(lambda: dropped, what="it is dropped")

    with pytest.raises(room.NoRoom, match="no room left") as caught:
        whole()
    assert "134 MB were left" in caught.value.finding
    assert dropped == [FRESH.name]


def test_nothing_happens_where_there_is_room_or_nobody_can_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "drop", lambda _database: pytest.fail("dropped"))
    assert room.free(tmp_path) == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.05)
    monkeypatch.setattr(room, "free", lambda _folder: room.RESERVE)
    with room.watched(tmp_path, FRESH):
        pass
    monkeypatch.setattr(room, "free", lambda _folder: 0)
    with room.watched(None, FRESH):
        pass


def test_an_error_on_a_full_disk_is_of_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has stopped tells nothing but that it is gone."""
    monkeypatch.setattr(room, "RESERVE", 0)
    monkeypatch.setattr(room, "free", lambda _folder: 1000)

    def gone() -> None:
        with room.watched(tmp_path, FRESH):
            raise ToolbeltError("It refuses", finding="server closed the connection unexpectedly")

    with pytest.raises(room.NoRoom) as caught:
        gone()
    assert caught.value.finding.startswith("server closed the connection unexpectedly\nIts server may have ended")
    assert caught.value.todo.endswith("if the stack is down, ./inv up first")


def test_where_a_stacks_disk_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert disk.of_database("embedded", tmp_path) == tmp_path / "servers"
    for says, found in ((str(tmp_path), tmp_path), ("/no/such/folder", None), ("", None)):
        program = tmp_path / "docker"
        program.write_text(f"#!/bin/sh\necho {says}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        assert disk.of_database("docker", tmp_path) == found
    program.write_text("#!/bin/sh\nexit 1\n")
    assert disk.of_database("docker", tmp_path) is None
