"""What the buildpack refuses before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.builds import checks
from rehearsal.builds.failure import BuildFailed
from tests.rehearsal.builds.conftest import write


def test_a_committed_virtual_environment(tmp_path: Path) -> None:
    write(tmp_path, {"venv/lib/thing.py": ""})
    checks.refuse_virtual_environment(tmp_path)  # a folder of that name alone is no environment
    write(tmp_path, {".venv/pyvenv.cfg": "", ".venv/bin/python": ""})
    with pytest.raises(BuildFailed, match=r"Error: Existing '\.venv/' directory found") as failed:
        checks.refuse_virtual_environment(tmp_path)
    assert "\n.venv/\n.venv/bin\n.venv/bin/python\n.venv/pyvenv.cfg\n" in failed.value.message


def test_a_committed_python(tmp_path: Path) -> None:
    checks.refuse_python_folder(write(tmp_path, {".heroku/other": ""}))
    with pytest.raises(BuildFailed, match=r"Error: Existing '\.heroku/python/' directory found"):
        checks.refuse_python_folder(write(tmp_path, {".heroku/python": "a file"}))


def test_stacks() -> None:
    for stack in ("heroku-22", "heroku-24", "heroku-26"):
        checks.require_stack(stack)
    with pytest.raises(BuildFailed, match="isn't recognised"):
        checks.require_stack("heroku-20")


def test_what_is_no_python_app(tmp_path: Path) -> None:
    write(tmp_path, {"index.html": ""})
    with pytest.raises(BuildFailed, match="No default language could be detected") as failed:
        checks.require_python(tmp_path, chosen=False)
    assert failed.value.rejected == "Push failed"
    with pytest.raises(BuildFailed, match=r"couldn't find any supported Python project files"):
        checks.require_python(tmp_path, chosen=True)
    checks.require_python(write(tmp_path, {"requirments.txt": ""}), chosen=False)
