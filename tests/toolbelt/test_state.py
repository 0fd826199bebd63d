"""The state file: readable by its owner only, never half written, never fooled by a pid that is used again."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from toolbelt.stack import state
from toolbelt.stack.state import Running, State


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    saved = State(phase="ready", supervisor=Running.of(os.getpid()), port=8000)
    saved.processes["web"] = Running.of(os.getpid(), restarts=2)
    saved.steps.append(("postgres", "answers", 0.5))
    saved.save(path)
    assert state.load(path) == saved
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_a_broken_or_missing_file_is_no_state(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert state.load(path) is None
    path.write_text('{"phase": "ready"')
    assert state.load(path) is None
    path.write_text('{"phase": "ready"}')
    assert state.load(path) is None


def test_a_process_is_alive_only_while_it_is_the_same_one() -> None:
    assert Running.of(os.getpid()).alive()
    # The same number, born at another time: somebody else's process by now.
    assert not Running(pid=os.getpid(), born=1.0).alive()
    ended = subprocess.Popen(["true"])
    running = Running.of(ended.pid)
    ended.wait()
    assert not running.alive()
