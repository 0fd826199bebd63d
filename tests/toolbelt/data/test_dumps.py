"""Backups: taken, fetched whatever the line does, cancelled, thrown away."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg2
import pytest

from tests.rehearsal.test_backups import execute
from tests.toolbelt.data.kept import Kept
from tests.waiting import until
from toolbelt.commands.data import dumps
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import data, downloads
from toolbelt.heroku.refusals import Unreachable

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick")]


@pytest.fixture(scope="module")
def name(kept: Kept) -> str:
    """Of a backup that is there."""
    kept.verb(dumps.backup, stage="b")
    return kept.transfers("b")[0].name


def whole(kept: Kept, name: str) -> bytes:
    found = next(each for each in kept.transfers("b") if each.name == name)
    return (kept.running.home / "backups" / f"{found.id}.dump").read_bytes()


def test_a_download_that_is_cut_goes_on(kept: Kept, name: str, tmp_path: Path) -> None:
    to = tmp_path / "fetched.dump"
    kept.fault(backup_cut=20_000, times=50)  # of the whole nobody ever gets to the end
    kept.verb(dumps.download, which=name, stage="b", output_file=str(to))
    kept.fault()
    assert to.read_bytes() == whole(kept, name)
    assert to.stat().st_size > 60_000
    assert [path.name for path in tmp_path.iterdir()] == ["fetched.dump"]
    assert to.stat().st_mode & 0o777 == 0o600


def test_one_that_never_comes_to_its_end_says_so(kept: Kept, name: str, tmp_path: Path) -> None:
    kept.fault(backup_cut=0, times=50)
    with pytest.raises(Unreachable, match="The download was cut") as caught:
        kept.verb(dumps.download, which=name, stage="b", output_file=str(tmp_path / "fetched.dump"))
    kept.fault()
    assert caught.value.finding.endswith("after 0 bytes\nNothing was kept of it.")
    assert caught.value.todo == "Type the same again"
    assert list(tmp_path.iterdir()) == []


def test_another_file_at_the_same_address_is_fetched_from_its_beginning(
    kept: Kept, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of one backup and half of another is no backup."""
    kept.fill("b", 3000)
    kept.verb(dumps.backup, stage="b")
    other = kept.transfers("b")[0]
    urls: list[int] = []
    real = data.public_url

    def first_one_then_the_other(door: object, app: str, number: int) -> str:
        urls.append(number)
        return real(door, app, number if len(urls) == 1 else other.number)  # type: ignore[arg-type]

    monkeypatch.setattr(data, "public_url", first_one_then_the_other)
    kept.fault(backup_cut=20_000)
    to = tmp_path / "fetched.dump"
    kept.verb(dumps.download, which=name, stage="b", output_file=str(to))
    assert len(urls) == 3
    assert to.read_bytes() == whole(kept, other.name)


def test_an_answer_that_promises_nothing_is_held_to_what_the_backup_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(downloads, "_some", lambda *_: -1)
    monkeypatch.setattr(downloads, "pause", lambda *_, **_more: 0.0)

    class Door:
        sleep = staticmethod(lambda _seconds: None)

    with (tmp_path / "file").open("wb") as file, pytest.raises(Unreachable, match="cut"):
        downloads.fetch(Door(), lambda: "", file, least=1, told=lambda _count: None)  # type: ignore[arg-type]


def test_a_folder_that_is_not_there(kept: Kept, name: str, tmp_path: Path) -> None:
    with pytest.raises(ToolbeltError, match="could not be written") as caught:
        kept.verb(dumps.download, which=name, stage="b", output_file=str(tmp_path / "no" / "file"))
    assert caught.value.finding == "No such file or directory. Nothing was kept of it."


def test_one_is_thrown_away_where_its_apps_name_is_said(kept: Kept) -> None:
    kept.verb(dumps.backup, stage="b")
    name, app = kept.transfers("b")[0].name, kept.apps["b"]
    with pytest.raises(UsageError, match=f"This throws the backup {name} of {app} away") as caught:
        kept.verb(dumps.delete, which=name, stage="b", confirm="")
    assert caught.value.todo == f"Say so: ./inv db.backups.delete {name} --stage b --confirm {app}"
    assert name in kept.verb(dumps.delete, which=name, stage="b", confirm=app)
    assert name not in [each.name for each in kept.transfers("b")]
    with pytest.raises(UsageError, match=f"has no backup {name}"):
        kept.verb(dumps.delete, which=name, stage="b", confirm=app)


def test_one_under_way_is_cancelled(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """It waits for a lock that somebody holds: without that it would be done before anybody could type."""
    app, running = kept.apps["b"], kept.running
    with pytest.raises(UsageError, match="Nothing is under way") as caught:
        kept.verb(dumps.cancel, which="", stage="b")
    assert caught.value.todo == "./inv db.backups --stage b lists what there was"
    locking = psycopg2.connect(running.http.get(f"/apps/{app}/config-vars").json()["DATABASE_URL"], sslmode="require")
    try:
        locking.cursor().execute("LOCK TABLE kept IN ACCESS EXCLUSIVE MODE")
        addon = running.http.get(f"/apps/{app}/addons").json()[0]
        running.http.post(f"/client/v11/databases/{addon['id']}/backups")
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        until(lambda: execute(running, app, waits) == [(1,)], what="the dump waits", seconds=20)
        name = kept.transfers("b")[0].name
        with pytest.raises(UsageError, match=f"{name} is being taken") as caught:
            kept.verb(dumps.delete, which=name, stage="b", confirm=app)
        assert caught.value.todo == f"./inv db.backups.cancel {name} --stage b"
        assert name in kept.verb(dumps.cancel, which="", stage="b")
    finally:
        locking.close()
    kept.verb(dumps.list_, stage="b", as_json=True)
    found = json.loads(capsys.readouterr().out)[0]
    assert (found["name"], found["kind"], found["state"]) == (name, "backup", "cancelled")
    with pytest.raises(UsageError, match=f"{name} has ended: cancelled"):
        kept.verb(dumps.cancel, which=name, stage="b")
