"""Exactly one package manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.builds import manager
from rehearsal.builds.failure import BuildFailed
from tests.rehearsal.builds.conftest import write


@pytest.mark.parametrize(
    ("file", "expected"),
    [("requirements.txt", "pip"), ("Pipfile.lock", "pipenv"), ("poetry.lock", "poetry"), ("uv.lock", "uv")],
)
def test_by_its_file(tmp_path: Path, file: str, expected: str) -> None:
    assert manager.determine(write(tmp_path, {file: "", "setup.py": ""})) == expected


@pytest.mark.parametrize(
    ("files", "headline"),
    [
        (["uv.lock", "requirements.txt"], "Error: Multiple Python package manager files were found."),
        (["Pipfile"], "Error: No 'Pipfile.lock' found!"),
        (["Pipfile", "requirements.txt"], "Error: No 'Pipfile.lock' found!"),
        (["setup.py"], "Error: Implicit setup.py file support has been sunset."),
        (["manage.py"], "Error: Couldn't find any supported Python package manager files."),
        (["sub/requirements.txt"], "Error: Couldn't find any supported Python package manager files."),
    ],
)
def test_none_or_several(tmp_path: Path, files: list[str], headline: str) -> None:
    with pytest.raises(BuildFailed) as failed:
        manager.determine(write(tmp_path, dict.fromkeys(files, "")))
    assert failed.value.message.splitlines()[0] == headline


def test_the_message_names_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"requirements.txt \(pip\)\nuv.lock \(uv\)"):
        manager.determine(write(tmp_path, {"requirements.txt": "", "uv.lock": ""}))
    (tmp_path / "uv.lock").unlink()
    (tmp_path / "requirements.txt").rename(tmp_path / "Requirements.text")
    with pytest.raises(BuildFailed, match=r"contains:\n\nRequirements.text"):
        manager.determine(tmp_path)
