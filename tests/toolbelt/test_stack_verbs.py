"""Verbs on the stack where nothing is up, and a port that this account may not have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolbelt import config
from toolbelt.commands.local import stack as stacks
from toolbelt.errors import StackError, ToolbeltError, UsageError
from toolbelt.output import Printer
from toolbelt.stack import ports
from toolbelt.tools import Tools


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    found = Tools(config.load(tmp_path, environ={}), Printer())
    monkeypatch.setattr(Tools, "up", lambda _self: None)
    return found


def test_logs_of_a_stack_that_never_was(tools: Tools) -> None:
    with pytest.raises(ToolbeltError, match="There is no log yet") as ended:
        stacks.logs(tools, process="", follow=False)
    assert ended.value.status != 0
    assert ended.value.todo == "./inv up"


def test_logs_of_the_last_run_are_told_to_be_that(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(type(tools.embedded), "logs", lambda *_, **__: iter([("web", "the last line")]))
    with pytest.raises(StackError, match="not up: this is the log of its last run"):
        stacks.logs(tools, process="", follow=False)
    assert "the last line" in capsys.readouterr().out


def test_status_for_a_script(tools: Tools, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        stacks.status(tools, as_json=True)
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["ready"] is False


def test_a_port_that_needs_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_allowed", lambda port: port >= 1024)
    made = Tools(config.load(tmp_path, environ={}, port=80), Printer())
    with pytest.raises(UsageError, match="may not listen on port 80") as ended:
        made.embedded._refuse_taken_port()
    assert "--port 8000" in ended.value.todo
