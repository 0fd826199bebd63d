"""Starting programs: real ones."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until
from toolbelt import shell
from toolbelt.errors import CommandFailed, MissingTool


def test_run_returns_what_was_printed() -> None:
    assert shell.run([sys.executable, "-c", "print(input())"], stdin="hello\n").stdout == "hello\n"


def test_a_failing_program_is_an_error_with_what_it_said() -> None:
    with pytest.raises(CommandFailed) as caught:
        shell.run([sys.executable, "-c", "import sys; sys.exit('this is why')"])
    assert caught.value.returncode == 1
    assert caught.value.finding == "this is why"


def test_a_missing_program_is_said_to_be_missing() -> None:
    with pytest.raises(MissingTool, match="no-such-program is not on this machine"):
        shell.run(["no-such-program"])
    with pytest.raises(MissingTool):
        shell.spawn(["no-such-program"])


def test_a_folder_on_path_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's folder on PATH: the system then says "no right" where it means "not found"."""

    def refused(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", "no-such-program")

    monkeypatch.setattr(subprocess, "Popen", refused)
    for start in (shell.run, shell.spawn, shell.stream):
        with pytest.raises(MissingTool, match="no-such-program is not on this machine"):
            start(["no-such-program"])


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandFailed, match="did not end within"):
        shell.run([sys.executable, "-c", "import signal; signal.pause()"], timeout=0.5)


def test_lines_come_as_they_are_printed_and_a_failure_at_the_end() -> None:
    program = "import sys; print('a'); print('b', file=sys.stderr, flush=True); sys.exit(3)"
    printed = shell.lines([sys.executable, "-c", program])
    assert sorted([next(printed), next(printed)]) == ["a", "b"]
    with pytest.raises(CommandFailed):
        next(printed)


def test_a_signal_reaches_the_whole_group() -> None:
    process = shell.spawn(["sh", "-c", "sleep 60 & echo started; wait"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"started\n"
    assert shell.signal_group(process.pid, signal.SIGTERM)
    process.wait(10)
    # The pipe ends only when the child, which holds it too, has gone with its parent.
    assert process.stdout.read() == b""


def test_what_may_be_interrupted_ends_with_us_though_nobody_else_tells_it(tmp_path: Path) -> None:
    """As when a CI run is cancelled: the signal is for this one process, and no terminal passes it on."""
    told = tmp_path / "told"
    program = f"from pathlib import Path; from signal import pause; Path({str(told)!r}).touch(); pause()"
    ours = f"import sys; from toolbelt import shell; shell.stream([sys.executable, '-c', {program!r}], interruptible=True)"
    process = subprocess.Popen([sys.executable, "-c", ours], stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        until(told.exists, what="the program")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
        assert "KeyboardInterrupt" in said
    finally:
        shell.signal_group(process.pid, signal.SIGKILL)


def test_a_signal_to_nobody_is_no_error() -> None:
    process = shell.spawn(["true"])
    process.wait(10)
    assert shell.signal_group(process.pid, signal.SIGTERM) is False
