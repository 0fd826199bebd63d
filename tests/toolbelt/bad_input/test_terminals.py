"""Terminals that go away under a command, and people who answer nothing, or end it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable

import pytest

from tests.checkout import ROOT
from tests.toolbelt.bad_input.conftest import WRONG, Bench, Told
from tests.waiting import until
from toolbelt import manifest, output
from toolbelt.commands.apps import applying
from toolbelt.heroku import apps as all_apps
from toolbelt.heroku import dynos

pytestmark = pytest.mark.slow
CALL = """
import sys
from pathlib import Path
from toolbelt import config
from toolbelt.commands.apps import oneoff
from toolbelt.errors import ToolbeltError
from toolbelt.output import Printer
from toolbelt.tools import Tools
try:
    oneoff.run(Tools(config.load(Path(sys.argv[1])), Printer()), sys.argv[2:], stage="rehearsal")
except ToolbeltError as error:
    Printer().bad_news(error)
    sys.exit(error.status)
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_terminal_that_goes_away(bench: Bench, number: signal.Signals) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        [sys.executable, "-c", CALL, str(bench.site.root), "sh", "-c", "echo READY; sleep 1000"],
        env=bench.site.environ | {"PYTHONPATH": str(ROOT)}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    said = b""

    def ready() -> bool:
        nonlocal said
        said += os.read(ours, 4096)
        return b"READY\r\n" in said

    until(ready, what="the command runs")
    assert termios.tcgetattr(theirs) != before
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert termios.tcgetattr(theirs) == before
    until(lambda: not [each for each in dynos.every(bench.client, "tiny") if each.type == "run"], what="the dyno is hung up")
    os.close(ours)
    os.close(theirs)


def test_a_terminal_that_is_closed_under_a_command(bench: Bench) -> None:
    """Nobody sends a signal to what is no terminal's own: it reads an error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", CALL, str(bench.site.root), "sh", "-c", "echo READY; sleep 1000"],
        env=bench.site.environ | {"PYTHONPATH": str(ROOT)}, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(theirs)
    said = b""

    def ready() -> bool:
        nonlocal said
        said += os.read(ours, 4096)
        return b"READY\r\n" in said

    until(ready, what="the command runs")
    os.close(ours)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"There is nobody to speak with any more" in told
    assert b"whether the command did its work is not known" in told
    assert b"./inv ps --stage rehearsal tells whether run." in told
    assert b"Traceback" not in told
    until(lambda: not [each for each in dynos.every(bench.client, "tiny") if each.type == "run"], what="the dyno is hung up")


# --- people at a prompt -----------------------------------------------------------------------------------------------


@pytest.fixture
def asked(bench: Bench, heard: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """apply on a stage whose app is not there, with somebody at the terminal; MAIL has no value."""
    whole = json.loads((bench.site.root / "app.json").read_text()) | {"env": {"MAIL": {"description": "a server"}}}

    def told(*, yes: bool = False) -> Told:
        tools = bench.tools()
        object.__setattr__(tools.config, "interactive", True)
        wanted = manifest.parse(json.dumps(whole))
        with monkeypatch.context() as patched:
            patched.setattr(manifest, "load", lambda _path: wanted)
            return heard(lambda: applying.apply(tools, stage="wrong", yes=yes))

    return told


def test_an_empty_answer_does_nothing(bench: Bench, asked: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "hidden", lambda _question: "")
    told = asked()
    assert told.status == 2
    assert "✗ MAIL: required, and there was no value\n  Nothing was done.\n" in told.err
    assert all_apps.find(bench.client, WRONG) is None


def test_no_answer_at_all_does_nothing(bench: Bench, asked: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_question: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    told = asked()
    assert told.status == 2
    assert "There was no answer" in told.err
    assert all_apps.find(bench.client, WRONG) is None


def test_ctrl_c_at_the_prompt_does_nothing(bench: Bench, asked: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_question: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(output, "hidden", interrupted)
    with pytest.raises(KeyboardInterrupt):
        asked()
    assert all_apps.find(bench.client, WRONG) is None


@pytest.mark.parametrize("answer", ["", "n", "of course not"])
def test_all_but_yes_is_no(bench: Bench, asked: Callable[..., Told], monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(output, "hidden", lambda _question: "a value")
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    told = asked()
    assert told.status == 1
    assert "✗ Nothing was done\n" in told.err
    assert all_apps.find(bench.client, WRONG) is None
