"""Tarballs in, folders out."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from rehearsal.builds import source
from rehearsal.builds.failure import BuildFailed
from tests.rehearsal.builds.conftest import write
from tests.rehearsal.builds.source import tarball


@pytest.fixture(autouse=True, params=["filters", "no filters"])
def old_and_new_python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11.2, which Debian 12 has, cannot filter members yet."""
    if request.param == "no filters":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def test_unpacked(tmp_path: Path) -> None:
    made = tarball(tmp_path / "a.tgz", {"Procfile": "web: x", "bin/run": "#!/bin/sh"}, executable=("bin/run",))
    source.unpack(made, tmp_path / "app")
    assert (tmp_path / "app/Procfile").read_text() == "web: x"
    assert (tmp_path / "app/bin/run").stat().st_mode & 0o111


def test_one_folder_around_everything_is_left_out(tmp_path: Path) -> None:
    source.unpack(tarball(tmp_path / "a.tgz", {"repo-main/Procfile": "", "repo-main/x/y": ""}), tmp_path / "app")
    assert sorted(path.name for path in (tmp_path / "app").iterdir()) == ["Procfile", "x"]


def test_what_is_no_tarball(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(b"<html>")
    with pytest.raises(BuildFailed, match="Unable to extract the source archive"):
        source.unpack(tmp_path / "a.tgz", tmp_path / "app")


@pytest.mark.parametrize("name", ["../outside", "x/../../outside"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(BuildFailed):
        source.unpack(tarball(tmp_path / "a.tgz", {name: "gotcha"}), tmp_path / "deep" / "app")
    assert not list(tmp_path.rglob("outside"))


def test_a_link_out_of_the_folder(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BuildFailed):
        source.unpack(tmp_path / "a.tgz", tmp_path / "app")


def test_slugignore(tmp_path: Path) -> None:
    names = ["app.py", "notes.md", "docs/a.txt", "sub/docs/b.txt", "tests/t.py", "sub/tests/t.py", "build/x", "deep/a/b.psd"]
    folder = write(tmp_path, dict.fromkeys(names, ""))
    (folder / ".slugignore").write_text("# comment\n\n*.md\n/tests\nbuild/\n*.psd\nsub/docs\n")
    assert source.apply_slugignore(folder) == 5
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert left == [".slugignore", "app.py", "docs/a.txt", "sub/tests/t.py"]


def test_without_slugignore_nothing_goes(tmp_path: Path) -> None:
    assert source.apply_slugignore(write(tmp_path, {"a": ""})) == 0


def test_a_file_through_a_link_that_leads_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        for name, linkname in (("here", "."), ("up", "here/..")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, linkname
            archive.addfile(link)
        archive.addfile(tarfile.TarInfo("up/outside"))
    with pytest.raises(BuildFailed):
        source.unpack(tmp_path / "a.tgz", tmp_path / "deep" / "app")
    assert not list(tmp_path.rglob("outside"))
