"""The rehearsal as the tools see it: a process that is started, found and ended."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import psutil
import pytest

from tests.toolbelt.artifacts.repositories import commit, git, repository
from toolbelt import config, rehearsing
from toolbelt.commands.rehearse.leg import checkout, known
from toolbelt.commands.rehearse.rehearse import down
from toolbelt.errors import StackError
from toolbelt.output import Printer
from toolbelt.tools import Tools

ROOT = Path(__file__).resolve().parents[3]


def test_none_runs_where_there_is_no_file_or_another_process_has_its_pid(tmp_path: Path) -> None:
    assert rehearsing.find(tmp_path) is None
    facts = {"pid": os.getpid(), "runtime": "process", "api": "http://127.0.0.1:1"}
    (tmp_path / "rehearsal.json").write_text(json.dumps(facts))
    assert rehearsing.find(tmp_path) is None


def test_start_find_stop(tmp_path: Path) -> None:
    environ = config.load(ROOT).child_environ()
    running = rehearsing.start(tmp_path, root=ROOT, environ=environ, runtime="process")
    try:
        assert running.runtime == "process"
        assert rehearsing.find(tmp_path) == running
        with pytest.raises(StackError, match="did not start") as caught:
            rehearsing.start(tmp_path, root=ROOT, environ=environ, runtime="process")
        assert "one runs" in caught.value.finding
    finally:
        rehearsing.stop(running)
    assert not psutil.pid_exists(running.pid) or psutil.Process(running.pid).status() == psutil.STATUS_ZOMBIE
    assert rehearsing.find(tmp_path) is None


@pytest.mark.parametrize("left", ["running", "ended", "nothing"])
def test_volumes_throws_it_away(tmp_path: Path, left: str) -> None:
    """Of a checkout of its own; the environ has its PATH from this one."""
    (tmp_path / "Procfile").write_text("web: true\n")
    for name in ("rehearsal", "toolbelt"):
        (tmp_path / name).symlink_to(ROOT / name)
    file = io.StringIO()
    tools = Tools(config.load(tmp_path, environ=dict(os.environ)), Printer(file=file))
    home = tools.config.home / "rehearsal"
    if left != "nothing":
        running = rehearsing.start(home, root=tmp_path, environ=tools.config.child_environ(), runtime="process")
        if left == "ended":
            rehearsing.stop(running)
    down(tools)
    assert home.exists() == (left != "nothing")
    down(tools, volumes=True)
    assert rehearsing.find(home) is None
    assert not home.exists()
    assert ("thrown away" in file.getvalue()) == (left != "nothing")


@pytest.mark.parametrize("shape", ["whole", "shallow", "worktree"])
def test_another_commit_beside_the_checkout_that_stays_as_it_is(tmp_path: Path, shape: str) -> None:
    root = tmp_path / "site"
    repository(root, {"page": "older"})
    commit(root, {"page": "old", "gone": "", ".gitignore": ".djheroku/\n"})
    old = git(root, "rev-parse", "HEAD")
    commit(root, {"page": "new"})
    if shape == "shallow":
        git(tmp_path, "clone", "--quiet", "--depth", "2", f"file://{root}", "clone")
        root = tmp_path / "clone"
    elif shape == "worktree":
        git(root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
        root = tmp_path / "tree"
    (root / "page").write_text("not committed")
    (root / "own").write_text("not even known")
    before = git(root, "status", "--porcelain"), git(root, "worktree", "list")
    tools = Tools(config.load(root, environ={}), Printer())
    with checkout(tools, old) as place:
        assert (place / "page").read_text() == "old"
        assert sorted(path.name for path in place.iterdir()) == [".git", ".gitignore", "gone", "page"]
        assert git(place, "rev-parse", "HEAD") == old
        assert git(place, "status", "--porcelain") == ""
        assert git(place, "log", "--format=%h").split()[0] == old[:7]
    assert not place.exists()
    assert (git(root, "status", "--porcelain"), git(root, "worktree", "list")) == before
    assert (root / "page").read_text() == "not committed"


def test_a_commit_is_known_or_not_whatever_it_is_called(tmp_path: Path) -> None:
    repository(tmp_path / "site", {"page": ""})
    assert known(tmp_path / "site", git(tmp_path / "site", "rev-parse", "HEAD"))
    for name in ("", "0" * 40, "HEAD", "--help", "unknown"):
        assert not known(tmp_path / "site", name)
