"""The rehearsal as the tools see it: a process that is started, found and ended."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psutil
import pytest

from toolbelt import config, rehearsing
from toolbelt.errors import StackError

ROOT = Path(__file__).resolve().parents[2]


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
