"""What is said to a person names our own verbs: who works with this project has no Heroku CLI."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "tasks.py", *sorted(path for room in ("toolbelt", "verbs") for path in (ROOT / room).rglob("*.py"))]

# `heroku ps:scale`, and what is known of its commands by their noun where `heroku` is left out.
COMMAND = re.compile(
    r"\bheroku [a-z]+(?::[a-z]+)+|"
    r"(?<![-\w])(?:addons|apps|authorizations|certs|config|container|domains|features|git|maintenance|pg|pipelines|ps|redis|releases"
    r"|reviewapps|run|stack):[a-z]+(?::[a-z]+)*"
)
# A file, what it says, and why it may.
ALLOWED: dict[tuple[str, str], str] = {}


def said(source: str) -> list[str]:
    """Commands of the Heroku CLI in a program's texts, those put together from parts too."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings are for who reads code
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone]
    return [found for text in texts if isinstance(text, str) for found in COMMAND.findall(text)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_message_sends_anybody_to_the_heroku_cli(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert [each for each in said(path.read_text()) if (name, each) not in ALLOWED] == []


def test_what_is_allowed_is_said() -> None:
    for name, what in ALLOWED:
        assert what in said((ROOT / name).read_text()), name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise E(todo=f"heroku maintenance:off, {x}")', ["heroku maintenance:off"]),
        ('x = f"Bring it there ({y}, or pg:upgrade)"', ["pg:upgrade"]),
        ('def f():\n    """As `heroku ps:scale`."""\n', []),
        ('x = "./inv addons.upgrade db heroku-postgresql:essential-0"', []),
        ('x = "web=2:standard-1x"', []),
    ],
)
def test_it_would_be_found(source: str, found: list[str]) -> None:
    assert said(source) == found
