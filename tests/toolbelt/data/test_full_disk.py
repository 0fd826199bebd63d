"""A disk that is really full while data is fetched: said once, nothing left behind, and what was there is as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolbelt.data.moved import Data, moved, small

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# About 62 MB, of which none is to be squeezed out of its rows by the server.
LARGE = "CREATE TABLE large AS SELECT n, repeat(md5(n::text), 32) AS t FROM generate_series(1, 60000) n"
PULL = ("db.pull", "--stage", "far", "--yes", "--raw", "--confirm", "far-site")
SAID = "There is no room left on the disk"
SCRATCH = "SELECT datname FROM pg_database WHERE datname LIKE 'djheroku_%'"


def filled(data: Data) -> list[tuple[object, ...]]:
    """With more in the app's database than there is room for; the rows of the developer's own, which are to stay."""
    data.ask(LARGE, "far")
    return data.ask("SELECT id, state FROM keygen_key ORDER BY id")


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Data]:
    """A disk on which the tools see the end coming."""
    with moved(tmp_path_factory.mktemp("near"), port=18463, disk="110m", reserve="32 * 1024**2") as made:
        yield made


def test_a_pull_stops_before_the_disk_is_full(near: Data) -> None:
    before = filled(near)
    said = near.refused(*PULL)
    assert said.count(SAID) == 1
    assert "djheroku is as it was." in said
    assert "→ Make room on this machine, then type the same again" in said
    assert near.ask("SELECT id, state FROM keygen_key ORDER BY id") == before
    assert near.ask(SCRATCH) == []
    assert near.inv("status").returncode == 0
    near.inv(*PULL, "--without", "public.large")
    assert near.ask("SELECT count(*) FROM large") == [(0,)]


def test_a_restore_of_a_file_stops_before_the_disk_is_full(near: Data, tmp_path: Path) -> None:
    near.inv("db.backup", "--stage", "far")
    file = tmp_path / "far.dump"
    near.inv("db.backups.download", "--stage", "far", "--output", str(file))
    before = near.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'")
    said = near.refused("db.restore", str(file), "--yes")
    assert said.count(SAID) == 1
    assert "djheroku is as it was." in said
    assert near.ask("SELECT oid FROM pg_database WHERE datname = 'djheroku'") == before
    assert near.ask(SCRATCH) == []


def test_where_the_server_goes_down_all_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    """As if somebody else had taken the last of the room at once. Afterwards nothing is lost, and the next run clears up."""
    with moved(tmp_path_factory.mktemp("far"), port=18464, disk="120m", reserve="0") as data:
        before = filled(data)
        said = data.refused(*PULL)
        assert said.count(SAID) == 1, said
        assert "djheroku is as it was." in said
        assert "→ Make room on this machine" in said
        servers = data.checkout.root / ".djheroku" / "servers"
        subprocess.run(["mount", "-o", "remount,size=600m", servers], check=True)
        data.inv("down", check=False)
        data.inv("up", "--detach", "--stack", "embedded", "--port", "18464")
        assert data.ask("SELECT id, state FROM keygen_key ORDER BY id") == before
        data.inv(*PULL)
        assert data.ask("SELECT count(*) FROM large") == [(60000,)]
        assert data.ask(SCRATCH) == []


def test_a_download_onto_a_full_disk(near: Data, tmp_path: Path) -> None:
    """Of the backup that another test has taken, or of one more."""
    near.inv("db.backup", "--stage", "far")
    small(tmp_path, "300k")
    try:
        said = near.refused("db.backups.download", "--stage", "far", "--output", str(tmp_path / "far.dump"))
        assert "could not be written" in said
        assert "No space left on device. Nothing was kept of it." in said
        assert "→ Make room there, or name another place: --output FILE" in said
        assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)
