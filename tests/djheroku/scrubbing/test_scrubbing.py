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
from djheroku.scrubbing.rules import ALLOW, RULES
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
