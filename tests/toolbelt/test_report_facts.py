"""What a report is made from: made-up values, locks that were seen."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest

from tests.waiting import until
from toolbelt import likeness
from toolbelt.manifest import Variable
from toolbelt.secret import Secret
from toolbelt.stack.locks import Watch


def test_values_are_made_up_and_nothing_is_copied() -> None:
    env = {
        "SECRET_KEY": Variable(generated=True),
        "COLOUR": Variable("blue"),
        "RATE": Variable(required=False),
        "NEW": Variable("x"),
    }
    names = [
        "SECRET_KEY",
        "COLOUR",
        "RATE",
        "DATABASE_URL",
        "STRIPE_KEY",
        "SENTRY_DSN",
        "DJANGO_SETTINGS_MODULE",
        "ALLOWED_HOSTS",
    ]
    values, origins = likeness.made_up(names, env=env, taken={"DATABASE_URL"}, host="tiny.localhost")
    told = {name: value.reveal() for name, value in values.items() if value}
    assert told["COLOUR"] == "blue"
    assert told["NEW"] == "x"  # app.json has it, and the app not yet: a deploy that needs it would find it
    assert len(told["SECRET_KEY"]) == 64
    assert told["ALLOWED_HOSTS"] == "tiny.localhost"
    assert told["SENTRY_DSN"].startswith("https://")
    assert sorted(told) == ["ALLOWED_HOSTS", "COLOUR", "NEW", "SECRET_KEY", "SENTRY_DSN", "STRIPE_KEY"]
    assert dict(likeness.grouped(origins))["left out"] == ("DJANGO_SETTINGS_MODULE", "RATE")
    assert origins["DATABASE_URL"] == likeness.ADDON
    again, _ = likeness.made_up(names, env=env, taken=set(), host="tiny.localhost")
    assert again["STRIPE_KEY"] != values["STRIPE_KEY"]


@pytest.fixture
def database_url() -> str:
    import os

    return os.environ["DATABASE_URL"]


def test_a_lock_is_seen_with_who_waits_for_it(database_url: str) -> None:
    ours, other = psycopg2.connect(database_url), psycopg2.connect(database_url)
    try:
        with ours.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS watched (id int)")
            ours.commit()
            watch = Watch(Secret(database_url)).start()
            cursor.execute("ALTER TABLE watched ADD COLUMN IF NOT EXISTS colour text")
            cursor.execute("CREATE TABLE fresh (id int)")  # in nobody's way: nobody knows of it yet
            asking = other.cursor()
            asking.execute("SET lock_timeout = '400ms'")
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                asking.execute("SELECT * FROM watched")
            ours.rollback()
            until(lambda: watch._looked > 3, what="a few looks")
            found = watch.stop()
        assert found is not None
        assert [(lock.relation, lock.mode, lock.waited) for lock in found] == [("watched", "AccessExclusiveLock", 1)]
        assert 0.3 < found[0].seconds < 5
    finally:
        other.close()
        with ours.cursor() as cursor:
            ours.rollback()
            cursor.execute("DROP TABLE IF EXISTS watched")
            ours.commit()
        ours.close()


def test_a_database_that_cannot_be_looked_at_is_no_trouble(tmp_path: Path) -> None:
    assert Watch(Secret(f"postgres://nobody@{tmp_path.name}.invalid:1/none")).start().stop() is None
