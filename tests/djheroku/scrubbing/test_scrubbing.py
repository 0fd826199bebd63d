"""No copy of the data tells anything of anybody: every column is classified, and what is to be scrubbed is."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from djheroku.devtools.management.commands.scrub import Command
from djheroku.keygen.models import Key
from djheroku.scrubbing import columns
from djheroku.scrubbing.rules import ALLOW, EMPTY, RENEW, RULES, Scrub, Table
from djheroku.scrubbing.scrub import Unclassified, scrub


def test_every_column_of_every_model_is_classified() -> None:
    assert columns.unclassified(columns.of_models()) == [], "classify it in djheroku/scrubbing/rules.py"


def test_no_rule_is_about_what_is_gone() -> None:
    assert columns.forgotten(columns.of_models()) == []


@pytest.mark.django_db
def test_the_database_has_what_the_models_have() -> None:
    assert columns.of_database(connection) == columns.of_models()


def test_a_column_that_nobody_has_classified_is_named() -> None:
    there = columns.of_models()
    more = {**there, "auth_user": there["auth_user"] | {"telephone"}, "audit": frozenset({"id"})}
    assert columns.unclassified(more) == ["audit", "auth_user.telephone"]


@pytest.mark.django_db
def test_nothing_is_scrubbed_where_something_is_not_classified() -> None:
    User.objects.create_user("ada", "ada@lovelace.test", "correct horse")
    rules = {**RULES, "auth_user": {name: rule for name, rule in RULES["auth_user"].items() if name != "email"}}  # type: ignore[union-attr]
    with pytest.raises(Unclassified) as caught:
        scrub(connection, rules)
    assert caught.value.names == ["auth_user.email"]
    assert User.objects.get().email == "ada@lovelace.test"


@pytest.mark.django_db
def test_nothing_of_a_person_is_left() -> None:
    user = User.objects.create_user("ada", "ada@lovelace.test", "correct horse", first_name="Ada", last_name="Lovelace")
    other = User.objects.create_user("bob")
    Session.objects.create(session_key="s3cr3t", session_data="x", expire_date=timezone.now())
    visitor = uuid.uuid4()
    done = Key.objects.create(visitor=visitor, state=Key.State.DONE, progress=100, value="the-very-secret-key")
    Key.objects.create(state=Key.State.QUEUED)
    assert scrub(connection)["auth_user"] == 2

    user.refresh_from_db()
    other.refresh_from_db()
    assert (user.username, user.email, user.first_name) == (f"user-{user.pk}", f"user-{user.pk}@example.com", f"First {user.pk}")
    assert (other.email, other.first_name) == ("", "")
    assert not user.has_usable_password()
    assert not user.check_password("correct horse")
    assert not Session.objects.exists()
    done.refresh_from_db()
    assert done.visitor != visitor
    assert done.value.startswith("scrubbed-")
    assert Key.objects.filter(visitor=None, value="").count() == 1
    with connection.cursor() as cursor:
        for table, rule in RULES.items():
            cursor.execute(f"SELECT * FROM {table}")
            text = str(cursor.fetchall())
            assert not any(word in text for word in ("lovelace", "Lovelace", "the-very-secret", "s3cr3t", str(visitor))), (
                table,
                rule,
            )


def run(*statements: str) -> list[tuple[object, ...]]:
    """The rows of the last of them."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


AUDIT: dict[str, Table] = {**RULES, "audit.log": {"id": ALLOW, "who": Scrub("'user-' || id")}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("made", "name"),
    [
        ("CREATE SCHEMA audit; CREATE TABLE audit.log (id int, who text)", "audit.log"),
        ("CREATE SCHEMA audit; CREATE TABLE audit.auth_user (id int, who text)", "audit.auth_user"),
        ("CREATE MATERIALIZED VIEW people AS SELECT email FROM auth_user", "people"),
        ("CREATE TABLE parted (id int) PARTITION BY RANGE (id)", "parted"),
        ('CREATE SCHEMA audit; CREATE TABLE audit.log (id int); CREATE TABLE "audit.log" (id int)', '"audit.log"'),
        ("SELECT lo_from_bytea(0, 'ada')", "pg_largeobject"),
    ],
)
def test_whatever_else_a_dump_brings_is_to_be_classified(made: str, name: str) -> None:
    User.objects.create_user("ada", "ada@lovelace.test")
    run(made)
    with pytest.raises(Unclassified) as caught:
        scrub(connection)
    assert name in caught.value.names
    assert User.objects.get().email == "ada@lovelace.test"


@pytest.mark.django_db
def test_a_plain_view_has_no_rows_and_needs_no_rule() -> None:
    run("CREATE VIEW people AS SELECT email FROM auth_user")
    scrub(connection)


@pytest.mark.django_db
def test_a_table_of_another_schema_is_scrubbed() -> None:
    run("CREATE SCHEMA audit; CREATE TABLE audit.log (id int, who text); INSERT INTO audit.log VALUES (1, 'ada'), (2, 'bob')")
    assert scrub(connection, AUDIT)["audit.log"] == 2
    assert run("SELECT who FROM audit.log ORDER BY id") == [("user-1",), ("user-2",)]


@pytest.mark.django_db
def test_a_materialized_view_is_made_anew_after_what_it_is_of() -> None:
    """Also one of another, and one that nobody has filled."""
    user = User.objects.create_user("ada", "ada@lovelace.test")
    run(
        "CREATE MATERIALIZED VIEW people AS SELECT email FROM auth_user",
        "CREATE MATERIALIZED VIEW again AS SELECT email FROM people",
        "CREATE MATERIALIZED VIEW secret AS SELECT email FROM auth_user",
        "CREATE MATERIALIZED VIEW hollow AS SELECT email FROM auth_user WITH NO DATA",
    )
    assert list(columns.views_of_database(connection)) == ["people", "again", "secret", "hollow"]
    rules: dict[str, Table] = {**RULES, "people": RENEW, "again": RENEW, "hollow": RENEW, "secret": EMPTY}
    scrub(connection, rules)
    assert run("SELECT email FROM people") == run("SELECT email FROM again") == [(f"user-{user.pk}@example.com",)]
    filled = run("SELECT relname, relispopulated FROM pg_class WHERE relname IN ('people', 'hollow', 'secret') ORDER BY 1")
    assert filled == [("hollow", False), ("people", True), ("secret", False)]


@pytest.mark.django_db
def test_large_objects_are_thrown_away() -> None:
    run("SELECT lo_from_bytea(0, 'ada')")
    scrub(connection, {**RULES, columns.LARGE_OBJECTS: EMPTY})
    assert run("SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]


def test_a_rule_that_cannot_be_is_none() -> None:
    there = {"people": frozenset({"email"})}
    assert columns.unclassified(there, {"people": RENEW}) == ["people"], "a table cannot be made anew"
    assert columns.unclassified(there, {"people": {"email": ALLOW}}, views=["people"]) == ["people"], (
        "a view's columns cannot be set"
    )
    assert columns.unclassified(there, {"people": RENEW}, views=["people"]) == []
    assert columns.unclassified(there, {"people": EMPTY}, views=["people"]) == []
    assert columns.unclassified(there, {"people": EMPTY}) == []


@pytest.mark.django_db
def test_twice_is_as_once() -> None:
    user = User.objects.create_user("ada", "ada@lovelace.test")
    scrub(connection)
    scrub(connection)
    user.refresh_from_db()
    assert user.username == f"user-{user.pk}"


@pytest.mark.django_db
def test_the_command_wants_to_know_which_database() -> None:
    with pytest.raises(CommandError, match="not to another"):
        call_command(Command(), database_name="another")


def test_a_rule_for_a_secret_is_never_to_allow_it() -> None:
    for table, rule in RULES.items():
        if isinstance(rule, dict):
            told = [name for name in rule if rule[name] is ALLOW and ("password" in name or "email" in name or "token" in name)]
            assert told == [], table
