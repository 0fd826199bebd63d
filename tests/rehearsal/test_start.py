"""The rehearsal as a program: start, end, a second one, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.rehearsal.harness import V3
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def started(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """``python -m rehearsal`` until the end of the block, by force if it must be."""
    argv = [sys.executable, "-m", "rehearsal", "--home", str(home), "--runtime", "process", *words]
    process = subprocess.Popen(argv, cwd=ROOT, text=True, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
        process.communicate()


def facts(home: Path, process: subprocess.Popen[str]) -> dict[str, Any]:
    def read() -> dict[str, Any]:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            found: dict[str, Any] = json.loads((home / "rehearsal.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if found["pid"] == process.pid else {}

    return until(read, what="rehearsal.json", seconds=60)


def client(found: dict[str, Any]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {found['token']}", "Accept": V3}
    return httpx.Client(base_url=found["api"], headers=headers, trust_env=False, timeout=30)


def test_it_says_where_it_is_and_remembers(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        first = facts(tmp_path, process)
        assert (tmp_path / "rehearsal.json").stat().st_mode & 0o077 == 0
        with client(first) as api:
            assert api.post("/apps", json={"name": "kept-app"}).status_code == 201
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert not (tmp_path / "rehearsal.json").exists()
    with started(tmp_path) as process:
        second = facts(tmp_path, process)
        assert {**second, "pid": 0} == {**first, "pid": 0}
        with client(second) as api:
            assert api.get("/apps/kept-app").status_code == 200


def test_two_rehearsals_do_not_see_each_other_and_one_home_has_one(tmp_path: Path) -> None:
    with started(tmp_path / "a") as one, started(tmp_path / "b") as other:
        first, second = facts(tmp_path / "a", one), facts(tmp_path / "b", other)
        with client(first) as api, client(second) as elsewhere:
            assert api.post("/apps", json={"name": "only-here"}).status_code == 201
            assert elsewhere.get("/apps").json() == []
        again = [sys.executable, "-m", "rehearsal", "--home", str(tmp_path / "a"), "--runtime", "process"]
        refused = subprocess.run(again, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert refused.returncode == 3
        assert "one runs" in refused.stderr


def test_settings_that_are_none(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "rehearsal", "--home", str(tmp_path), "--set", "colour=1"]
    refused = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert "colour" in refused.stderr


@pytest.mark.slow
def test_what_a_kill_leaves_behind_is_removed_by_the_next_start(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        with client(facts(tmp_path, process)) as api:
            api.post("/apps", json={"name": "leaves-much"})
            addon = api.post("/apps/leaves-much/addons", json={"plan": "heroku-redis:mini"}).json()
            path = f"/addons/{addon['id']}"
            until(lambda: api.get(path).json()["state"] == "provisioned", what="the add-on", seconds=60)
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        assert any(child.is_running() for child in children)
    with started(tmp_path) as process:
        facts(tmp_path, process)
        assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
        assert psutil.Process(process.pid).children(recursive=True)  # the add-on is there again
