"""Where Heroku can take no backup first, and what is typed where an app's database is full."""

from __future__ import annotations

import pytest

from tests.toolbelt.data.kept import Kept
from toolbelt.commands.data import databases, moving
from toolbelt.commands.release import backups
from toolbelt.errors import UsageError

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick")]


@pytest.mark.parametrize("verb", ["reset", "copy"])
def test_nothing_is_destroyed_without_a_backup(kept: Kept, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Somebody else's Postgres, behind DATABASE_URL: Heroku takes no backup of it."""
    monkeypatch.setattr(backups, "database", lambda _heroku: None)
    calls: dict[str, dict[str, object]] = {
        "reset": {"stage": "a", "yes": False, "confirm": kept.apps["a"]},
        "copy": {"a": "b", "b": "a", "confirm": kept.apps["a"], "replace": True},
    }
    with pytest.raises(UsageError, match="has no Postgres of Heroku's") as caught:
        kept.verb(databases.reset if verb == "reset" else moving.copy, **calls[verb])
    assert "None" not in kept.said + caught.value.headline
    assert kept.rows("a") == 5000


def test_a_full_database_has_something_to_type(kept: Kept) -> None:
    """The verb wants an add-on and a plan."""
    said = moving._larger(kept.tools().heroku("b"))
    assert "./inv addons.upgrade DATABASE_URL heroku-postgresql:essential-1 --stage b" in said
