"""The first run of a development site, and every later one."""

import io
import re
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

from djheroku.keygen.models import Key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def development(settings: Any) -> None:
    settings.DEBUG = True
    settings.SEED = True


def seed() -> str:
    out = io.StringIO()
    call_command("seed", stdout=out)
    return out.getvalue()


def test_an_empty_database_gets_examples_and_an_administrator_whose_password_works() -> None:
    password = re.search(r"^user admin, password \(shown once\): (\S{16})$", seed(), re.MULTILINE)
    assert password
    assert Key.objects.filter(visitor=None).count() >= 12
    admin = authenticate(username="admin", password=password[1])
    assert admin
    assert admin.is_superuser


def test_the_second_time_nothing_happens_and_nothing_is_said() -> None:
    seed()
    before = set(Key.objects.values_list("pk", "updated"))
    assert seed() == ""
    assert set(Key.objects.values_list("pk", "updated")) == before


def test_what_is_there_is_left_alone() -> None:
    get_user_model().objects.create_user("someone")
    Key.objects.create()
    assert seed() == ""
    assert Key.objects.count() == 1


def test_it_can_be_switched_off(settings: Any) -> None:
    settings.SEED = False
    assert seed() == ""
    assert not Key.objects.exists()


def test_it_refuses_outside_development(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="development only"):
        seed()
    assert not get_user_model().objects.exists()
