"""What a deploy cannot be without: a commit, and static files; and which file names the Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.toolbelt.artifacts.repositories import git, repository
from toolbelt import config
from toolbelt.commands.rehearse.load import Light
from toolbelt.commands.rehearse.rehearse import rehearse
from toolbelt.commands.release import doctor
from toolbelt.doctor import app
from toolbelt.doctor import repository as checkout
from toolbelt.errors import MissingTool, ToolbeltError
from toolbelt.output import Printer
from toolbelt.tools import Tools

TODAY = date(2026, 11, 21)


def tools(root: Path, path: str = "") -> Tools:
    found = config.load(root, environ={"HOME": str(root), "PATH": path} if path else None)
    return Tools(replace(found, interactive=False), Printer())


@pytest.mark.parametrize("there", ["nothing", "a repository without a commit"])
def test_without_a_commit_nothing_can_be_deployed(there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if there != "nothing":
        git(tmp_path, "init", "--quiet")
    (finding,) = checkout.committed(tmp_path, image=True)
    assert (finding.level, finding.topic, finding.what) == ("error", "tree", "There is no commit to deploy")
    assert "git commit" in finding.fix
    with pytest.raises(SystemExit) as ended:
        doctor.doctor(tools(tmp_path), stage="", as_json=False)
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "✗ tree       There is no commit to deploy" in said
    assert "A deploy may begin" not in said


def test_a_machine_without_git_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = checkout.committed(tmp_path, image=True)
    assert finding.level == "error"
    assert "git" in finding.what
    assert "git init" not in finding.fix


@pytest.mark.parametrize("has_git", [True, False])
def test_a_rehearsal_without_a_commit_ends_before_it_begins(
    has_git: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolbelt.rehearsing.start", lambda *_, **__: pytest.fail("a rehearsal was started"))
    if not has_git:
        monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolbeltError if has_git else MissingTool) as ended:
        rehearse(tools(tmp_path), build="source", keep=False, runtime="process", patience=1, light=Light(rate=0))
    assert ended.value.todo
    assert not (tmp_path / ".djheroku").exists()


@pytest.mark.parametrize(
    ("switch", "what"),
    [
        ("", None),
        ("0", None),
        ("1", "is set"),
        ("true", "is set"),
        ("false", "is false"),
        ("No", "is no"),
        ("hush-hush", "is set"),
    ],
)
def test_which_values_switch_collectstatic_off(switch: str, what: str | None) -> None:
    found = list(app.collectstatic(switch, " --stage s"))
    assert [each.level for each in found] == (["warning"] if what else [])
    if what:
        assert found[0].what == f"DISABLE_COLLECTSTATIC {what}: the build collects no static files"
        assert found[0].fix == "./inv config.unset DISABLE_COLLECTSTATIC --stage s"
        assert "hush" not in str(found)


@pytest.mark.parametrize(
    ("names", "both"), [(("runtime.txt",), False), ((".python-version",), False), (("runtime.txt", ".python-version"), True)]
)
def test_of_two_files_that_name_the_python_heroku_takes_the_deprecated_one(
    names: tuple[str, ...], both: bool, tmp_path: Path
) -> None:
    repository(tmp_path, {name: "python-3.14\n" if name == "runtime.txt" else "3.14\n" for name in names})
    found = [each for each in checkout.python(tmp_path, image=False, today=TODAY) if each.level == "warning"]
    assert [each.fix for each in found] == (["git rm runtime.txt"] if both else [])
    assert [each for each in checkout.python(tmp_path, image=True, today=TODAY) if each.level != "ok"] == []
