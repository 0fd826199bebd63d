"""One key: who may see it, its card, its end."""

from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError
from django.test import Client

from djheroku.keygen.models import Key
from tests.djheroku.keygen.conftest import MakeKey

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Requested-With": "fetch"}


@pytest.mark.parametrize("action", ["", "card/", "delete/"])
def test_other_visitors_keys_are_not_there(client: Client, visitor: UUID, action: str) -> None:
    theirs = Key.objects.create(visitor=uuid4(), state="done", value="theirs")
    response = client.get(f"/keys/{theirs.pk}/{action}")
    assert response.status_code == 404
    assert "theirs" not in response.content.decode()


@pytest.mark.parametrize("action", ["retry/", "delete/"])
@pytest.mark.parametrize("owner", ["another visitor", "nobody: an example"])
def test_only_ones_own_keys_can_be_changed(client: Client, visitor: UUID, action: str, owner: str) -> None:
    key = Key.objects.create(visitor=uuid4() if owner == "another visitor" else None, state="failed", error="x")
    assert client.post(f"/keys/{key.pk}/{action}").status_code == 404
    # Nor by somebody without a session, who is nobody as well.
    assert Client().post(f"/keys/{key.pk}/{action}").status_code == 404
    assert Key.objects.get().state == "failed"


def test_an_example_has_a_page_for_everybody(client: Client) -> None:
    example = Key.objects.create(visitor=None, state="done", value="django-insecure-x")
    page = client.get(f"/keys/{example.pk}/").content.decode()
    assert "django-insecure-x" in page
    assert "/delete/" not in page


@pytest.mark.parametrize(
    ("state", "shown", "hidden"),
    [
        ("queued", ["waiting for the worker", "<progress"], ["data-copy", "Try again"]),
        ("working", ["40 %", 'value="40"'], ["data-copy", "Try again"]),
        ("done", ["data-copy", "k" * 50], ["<progress", "Try again"]),
        ("failed", ["It broke.", "Try again", "csrfmiddlewaretoken"], ["<progress", "data-copy"]),
    ],
)
def test_a_card_shows_its_state(client: Client, make: MakeKey, state: str, shown: list[str], hidden: list[str]) -> None:
    key = make(state, progress=40, error="It broke." if state == "failed" else "")
    card = client.get(f"/keys/{key.pk}/card/").content.decode()
    assert all(text in card for text in [f'data-state="{state}"', "/delete/", *shown])
    assert not any(text in card for text in hidden)


def test_a_value_cannot_break_out_of_the_page(client: Client, make: MakeKey) -> None:
    key = make("done", value='<script>"&')
    assert "<script>" not in client.get(f"/keys/{key.pk}/card/").content.decode()


def test_deleting_asks_first(client: Client, make: MakeKey) -> None:
    key = make("done")
    page = client.get(f"/keys/{key.pk}/delete/").content.decode()
    assert f"Delete key <code>{key.short_id}</code>?" in page
    assert Key.objects.exists()
    response = client.post(f"/keys/{key.pk}/delete/", follow=True)
    assert not Key.objects.exists()
    assert f"Key {key.short_id} is deleted." in response.content.decode()


def test_the_script_deletes_without_a_page(client: Client, make: MakeKey) -> None:
    key = make("done")
    assert client.post(f"/keys/{key.pk}/delete/", headers=SCRIPT).status_code == 204
    assert not Key.objects.exists()


@pytest.mark.parametrize("fields", [{"progress": 101}, {"state": "done"}, {"state": "queued", "value": "early"}])
def test_the_database_refuses_what_cannot_be(fields: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        Key.objects.create(**fields)
