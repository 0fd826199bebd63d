"""--json of a verb: one value on stdout, whatever it comes to."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from invoke import Context, Task

from tests.checkout import ROOT
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError
from toolbelt.output import Printer
from toolbelt.record import Record
from verbs.index import Group

RUN = """
import json, os, subprocess, sys
from toolbelt.record import answered, recorded
def ended(block):
    try:
        block()
    except BaseException as error:
        print(type(error).__name__, file=sys.stderr)
"""


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Task[None]:
    monkeypatch.setattr("verbs.index.GROUPS", {})
    group = Group("One")

    @group()
    def show(c: Context, what: str = "", json: bool = False) -> None:
        if what == "refused":
            raise ToolbeltError("Not today", finding="It rains", todo="./inv wait")
        if what == "half":
            sys.stdout.write("half a li")
            raise ToolbeltError("Not today")
        if what == "gone":
            raise KeyboardInterrupt
        if what == "status":
            raise SystemExit(3)
        if what == "broken":
            raise ZeroDivisionError
        if what == "person":
            Printer().step("show", "for a person")
            return
        Printer().data('[{"a": "ü"}]')
        if what == "bad":
            raise SystemExit(1)

    return show


def ended(made: Task[None], capfd: pytest.CaptureFixture[str], what: str) -> tuple[object, str, str]:
    status: object = 0
    try:
        made(Context(), what=what, json=True)
    except SystemExit as end:
        status = end.code
    except ZeroDivisionError:
        status = "traceback"
    return status, *capfd.readouterr()


@pytest.mark.parametrize(("what", "status"), [("", 0), ("bad", 1)])
def test_what_there_is_stays_as_it_is(reading: Task[None], capfd: pytest.CaptureFixture[str], what: str, status: int) -> None:
    assert ended(reading, capfd, what) == (status, '[{"a": "ü"}]\n', "")


@pytest.mark.parametrize(
    ("what", "status", "told"),
    [
        ("refused", 1, "Not today"),
        ("half", 1, "Not today"),
        ("gone", 130, "Interrupted"),
        ("status", 3, "show ended with exit status 3"),
        ("broken", "traceback", "A defect of show: ZeroDivisionError, told on stderr"),
    ],
)
def test_where_it_cannot_be_shown_there_is_one_object(
    reading: Task[None], capfd: pytest.CaptureFixture[str], what: str, status: object, told: str
) -> None:
    code, out, err = ended(reading, capfd, what)
    found = json.loads(out)
    assert (code, found["verb"], found["ok"], found["error"]["what"]) == (status, "show", False, told)
    assert ("half a li" in err) == (what == "half")
    if what == "refused":
        assert found["error"] == {"what": "Not today", "finding": "It rains", "todo": "./inv wait"}


def test_what_was_said_to_a_person_becomes_an_object(reading: Task[None], capfd: pytest.CaptureFixture[str]) -> None:
    _, out, err = ended(reading, capfd, "person")
    assert json.loads(out)["steps"] == [{"step": "show", "what": "for a person", "seconds": None}]
    assert "for a person" in err


@pytest.mark.parametrize("kind", ["recorded", "answered"])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_letter_can_be_told(kind: str, encoding: str) -> None:
    code = RUN + f"with {kind}('x') as made:\n    made.step('one', 'ü \\udcff ☃', None)\n"
    code += "with answered('y'):\n    sys.stdout.write('{\"a\": \"☃\"}')\n    subprocess.run(['true'])\n"
    there = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=there, check=True)
    first, end = json.JSONDecoder().raw_decode(done.stdout.decode())
    assert first["steps"][0]["what"] == "ü \udcff ☃"
    assert json.loads(done.stdout.decode()[end:]) == {"a": "☃"}


def test_a_program_prints_what_there_is() -> None:
    code = RUN + "with answered('x'):\n    subprocess.run(['echo', '[1]'])\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("[1]\n", "")


@pytest.mark.parametrize(
    ("error", "ok", "asked"),
    [
        (None, True, 1),
        (DeployFailed("No"), False, 1),
        (ToolbeltError("No"), False, 0),
        (Interrupted("No"), False, 0),
        (None, False, 0),
    ],
)
def test_heroku_is_asked_what_runs_only_where_it_was_changed(error: ToolbeltError | None, ok: bool, asked: int) -> None:
    calls: list[int] = []

    def running() -> str:
        calls.append(1)
        return "v4"

    told = Record("x", ok=ok, error=error, running=running).told()
    assert len(calls) == asked
    assert told.get("release") == ("v4" if asked else None)


def test_who_does_not_wait_for_the_release_is_told_the_rest() -> None:
    def running() -> str:
        raise KeyboardInterrupt

    told = Record("x", ok=True, running=running).told()
    assert told["ok"]
    assert "release" not in told
    assert told["warnings"] == ["Interrupted while Heroku was asked which release runs"]
