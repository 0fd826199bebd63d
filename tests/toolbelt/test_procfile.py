"""The Procfile's parser: what Heroku reads, and one complaint for everything that it would not."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolbelt import procfile
from toolbelt.errors import ToolbeltError


def test_types_and_commands_in_the_order_of_the_file() -> None:
    parsed = procfile.parse(
        "release: python manage.py migrate\n\n# a comment\nweb:gunicorn x:y --bind [::]:$PORT  \nmy-worker_2: run\n"
    )
    assert list(parsed.items()) == [
        ("release", "python manage.py migrate"),
        ("web", "gunicorn x:y --bind [::]:$PORT"),
        ("my-worker_2", "run"),
    ]


def test_all_complaints_at_once_with_their_lines() -> None:
    with pytest.raises(ToolbeltError) as caught:
        procfile.parse("web: one\nno command here\nweb: two\nempty:\n")
    assert caught.value.finding.splitlines() == [
        "line 2: 'no command here' is not of the form `type: command`",
        "line 3: the process type 'web' stands twice",
        "line 4: 'empty:' is not of the form `type: command`",
    ]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ToolbeltError, match="There is no Procfile") as caught:
        procfile.load(tmp_path / "Procfile")
    assert "Write one" in caught.value.todo
