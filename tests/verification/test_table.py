"""docs/from-heroku-cli.md against the real CLI: it names each of its commands, and none that it does not have."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch

import pytest

from tests.test_from_cli import ROWS, TABLE
from tests.verification.cli import Unavailable, installed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(900)]

# Of the CLI's, but of a plugin that it brings or of git: not in its own list.
BESIDE = {"git push heroku main", "plugins", "update", "autocomplete"}


@pytest.fixture(scope="module")
def commands() -> dict[str, set[str]]:
    """Each command of the CLI, with its other names."""
    try:
        entry = installed()
    except Unavailable as reason:
        pytest.skip(str(reason))
    manifest = json.loads((entry.parent.parent / "oclif.manifest.json").read_text())
    return {
        name: {name, *(told.get("aliases") or []), *(told.get("hiddenAliases") or [])}
        for name, told in manifest["commands"].items()
    }


def in_rows() -> set[str]:
    return {name for row in ROWS for name in re.findall(r"`([^`]+)`", row[0])}


def not_here() -> set[str]:
    """Names and patterns of the list at the end."""
    return set(re.findall(r"`([^`]+)`", TABLE.partition("## Not here")[2]))


def test_every_command_of_the_cli_is_named(commands: dict[str, set[str]]) -> None:
    named, rest = in_rows(), not_here()
    missing = {
        name
        for name, names in commands.items()
        if not names & named and not any(fnmatch(each, pattern) for each in names for pattern in rest)
    }
    assert len(commands) > 300
    assert missing == set()


def test_no_command_is_made_up(commands: dict[str, set[str]]) -> None:
    there = set[str]().union(*commands.values())
    # What a row calls `run python manage.py …` is the command `run`.
    rows = {name if name in BESIDE else name.split(" ")[0] for name in in_rows()}
    assert rows - there - BESIDE == set()
    assert {pattern for pattern in not_here() if not any(fnmatch(name, pattern) for name in there)} == set()


def test_what_is_in_the_list_has_no_row() -> None:
    assert in_rows() & not_here() == set()
