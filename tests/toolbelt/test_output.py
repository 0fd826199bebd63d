"""The printer: one shape of bad news, aligned facts, and no markup read into what a process prints."""

from __future__ import annotations

import io
import sys

import pytest

from toolbelt import output
from toolbelt.errors import ToolbeltError
from toolbelt.output import Printer


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


def test_bad_news_has_a_headline_a_finding_and_what_to_do(screen: io.StringIO) -> None:
    Printer(file=screen).bad_news(ToolbeltError("It broke", finding="line one\nline two", todo="./inv again"))
    assert screen.getvalue() == "✗ It broke\n  line one\n  line two\n→ ./inv again\n"


def test_brackets_of_a_log_line_are_printed_as_they_are(screen: io.StringIO) -> None:
    Printer(file=screen).line("web", "[bold]not markup[/bold] [::]:8000")
    assert screen.getvalue() == "web     │ [bold]not markup[/bold] [::]:8000\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_our_signs_shows_the_rest(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    screen = io.BytesIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(screen, encoding=encoding, write_through=True))
    printer = Printer()
    printer.step("build", "the commit says ✨ grün")
    printer.data("ключ")
    printer.bad_news(ToolbeltError("It broke ✨"))
    assert screen.getvalue().decode(encoding).splitlines()[0].startswith("? build")
    assert b"It broke ?" in screen.getvalue()


def test_facts_are_aligned(screen: io.StringIO) -> None:
    Printer(file=screen).facts([("site", "a"), ("longer", "b")])
    assert screen.getvalue() == "  site    a\n  longer  b\n"


@pytest.mark.parametrize(("typed", "expected"), [("y", True), ("Yes", True), ("", False), ("n", False), ("yep", False)])
def test_only_yes_is_yes(monkeypatch: pytest.MonkeyPatch, typed: str, expected: bool) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: typed)
    assert output.ask("Sure?") is expected


def test_no_input_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_question: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", gone)
    assert output.ask("Sure?") is False


def test_a_warning_is_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer()
    printer.warn("soon")
    printer.data("{}")
    assert capsys.readouterr() == ("{}\n", "! soon\n")
