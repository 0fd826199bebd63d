"""Ctrl-C in a verb: exit status 130, and one word on what is known and which verb tells the rest; for a script an object."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

import tasks
from tests.toolbelt.bad_input.lines import VERBS, WORDS
from toolbelt import output
from toolbelt.tools import Tools
from verbs import stopped
from verbs.program import Inv

CHANGING = [name for name in VERBS if getattr(VERBS[name].body, "tells", False)]
MORE = {name: f"{name} 12" for name in ("reviewapps.create", "reviewapps.destroy")}
MORE |= {"ps.scale": "ps.scale web=1", "maintenance": "maintenance on"}


@pytest.fixture
def ended(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[int, str, str]]:
    """The exit status, stdout and stderr of a line at whose first door somebody types Ctrl-C."""

    def interrupted(*_words: object, **_named: object) -> None:
        raise KeyboardInterrupt

    def told(line: str) -> tuple[int, str, str]:
        for door in ("heroku", "heroku_of", "up", "stack", "choose"):
            monkeypatch.setattr(Tools, door, interrupted)
        argv = ["inv", *line.split()]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as end:
            Inv(namespace=tasks.namespace).run(argv)
        return int(end.value.code or 0), *capfd.readouterr()

    return told


def test_no_verb_that_changes_something_is_forgotten() -> None:
    # up in the foreground is meant to be ended so
    assert set(CHANGING) - set(stopped.TELLS) == {"up"}
    assert {told.split()[0] for told in stopped.TELLS.values()} <= set(VERBS)


@pytest.mark.parametrize("name", [name for name in CHANGING if name != "up"])
def test_it_is_told_what_tells(name: str, ended: Callable[[str], tuple[int, str, str]]) -> None:
    words = (WORDS | MORE).get(name, name)
    line = words if "{stage}" in words or name in stopped.HERE - {"config.pull"} else f"{words} --stage {{stage}}"
    status, out, err = ended(f"{line.format(stage='rehearsal', app='tiny')} --json")
    found = json.loads(out)
    assert status == 130
    assert (found["verb"], found["ok"]) == (name, False)
    assert found["error"]["what"].startswith("Interrupted: ")
    assert found["error"]["what"] in err
    assert found["error"]["todo"].startswith(f"./inv {stopped.TELLS[name]}")
    assert f"→ {found['error']['todo']}" in err


@pytest.mark.parametrize(
    ("line", "what", "todo"),
    [
        ("ps.restart --stage s", "whether Heroku has done what it was asked for is not known", "./inv ps --stage s tells"),
        ("ps.restart", "whether Heroku has done what it was asked for is not known", "./inv ps tells"),
        ("promote --to p", "whether Heroku has done what it was asked for is not known", "./inv releases --stage p tells"),
        ("addons.wait --stage s", "what is under way at Heroku goes on", "./inv addons --stage s tells"),
        ("restart worker", "whether it was done is not known", "./inv status tells"),
        ("run --stage s -- true", "whether Heroku has done what it was asked for is not known", "./inv ps --stage s tells"),
    ],
)
def test_what_is_said_to_a_person(line: str, what: str, todo: str, ended: Callable[[str], tuple[int, str, str]]) -> None:
    assert ended(line) == (130, "", f"✗ Interrupted: {what}\n→ {todo}\n")


@pytest.mark.parametrize("line", ["logs --stage s", "ps --stage s", "open --stage s", "ps.scale --stage s", "maintenance"])
def test_what_only_reads_has_nothing_to_say(line: str, ended: Callable[[str], tuple[int, str, str]]) -> None:
    assert ended(line) == (130, "", "")


def test_to_a_script_what_only_reads_says_it(ended: Callable[[str], tuple[int, str, str]]) -> None:
    status, out, _ = ended("ps --stage s --json")
    assert (status, json.loads(out)["error"]["what"]) == (130, "Interrupted")


def test_at_a_question_nothing_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_question: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        output.ask("Shall it?")
    said = stopped.told("apps.destroy", {"stage": "s"}, caught.value)
    assert (said.headline, said.todo, said.status) == ("Interrupted: what was asked about was not done", "", 130)
