"""Every verb that docs/from-heroku-cli.md puts in the place of a command is tried, with a good end, by a test."""

from __future__ import annotations

import re
import textwrap

from tests.test_from_cli import ROWS, TABLE
from tests.tried import Tried, commands, in_text, tried

# What the table itself admits to.
ADMITTED = set(re.findall(r"no test tries `\./inv ([^`]+)`", TABLE))


def _named() -> set[tuple[str, bool]]:
    """Verbs of the table, and whether a row means them with --stage."""
    found = [command for row in ROWS for cell in row[1:] for command in re.findall(r"`\./inv ([^`]+)`", cell)]
    return {(command.split()[0], "--stage" in command.partition(" -- ")[0].split()) for command in found}


def _untried(named: set[tuple[str, bool]], there: Tried) -> set[str]:
    anyhow = {verb for verb, _ in there}
    return {verb for verb, staged in named if not ((verb, True) in there if staged else verb in anyhow)}


def test_every_verb_of_the_table_has_a_good_run() -> None:
    assert _untried(_named(), tried()) == ADMITTED


def test_a_row_without_one_is_found() -> None:
    there = tried()
    for verb, staged in _named():
        assert (verb in _untried(_named(), there - {(verb, True), (verb, False)})) or not staged or verb in ADMITTED
    assert _untried({("run", True)}, {("run", False)}) == {"run"}
    assert _untried({("run", False)}, {("run", True)}) == set()


def _read(text: str) -> Tried:
    return in_text(textwrap.dedent(text), commands())


def test_what_counts() -> None:
    assert _read('inv("ps.scale", "web=1", "--stage", "x")') == {("ps.scale", True)}
    assert _read('inv.run("ps.scale", *ON)') == {("ps.scale", True)}
    assert _read('assert "x" in data.inv("run", "--", "true").stdout') == {("run", False)}
    assert _read('inv.run("ps.scale", check=True)') == {("ps.scale", False)}
    assert _read("from toolbelt.commands.apps import scaling as s\nsite.verb(s.scale, wishes=[])") == {("ps.scale", True)}
    assert _read("from toolbelt.commands.apps.scaling import scale\nscale(tools, wishes=[], stage='x')") == {("ps.scale", True)}


def test_what_does_not() -> None:
    assert _read('inv.run("ps.scale", check=False)') == set()
    assert _read('inv("nosuch")\nother("ps.scale")\nassert "ps.scale" in said') == set()
    assert _read("from somewhere import scaling\nsite.verb(scaling.scale)") == set()
    refused = """
        from toolbelt.commands.apps import scaling
        with pytest.raises(UsageError, match="x"):
            site.verb(scaling.scale, wishes=[])
        with suppress(KeyError), pytest.raises(UsageError):
            inv("ps.stop")
        with open(path):
            inv("ps.wait")
    """
    assert _read(refused) == {("ps.wait", False)}
