"""What staff see of the keys and the queue; what others do not."""

import pytest
from django.test import Client
from rq import Queue

from djheroku.keygen.models import Key
from tests.djheroku.keygen.conftest import MakeKey

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/keygen/key/"


def test_staff_see_what_happened_but_no_visitors_secret(admin_client: Client, make: MakeKey) -> None:
    key = make("done")
    pages = [admin_client.get(LIST), admin_client.get(f"{LIST}{key.pk}/change/")]
    for page in pages:
        assert page.status_code == 200
        assert key.value not in page.content.decode()
    assert key.short_id in pages[0].content.decode()


@pytest.mark.parametrize("query", ["state__exact=failed", "owner=example", "owner=visitor", "created__year=2026"])
def test_the_filters_work(admin_client: Client, make: MakeKey, query: str) -> None:
    make("failed", error="x")
    assert admin_client.get(f"{LIST}?{query}").status_code == 200


def test_owners_are_told_apart(admin_client: Client, make: MakeKey) -> None:
    mine, example = make("queued"), Key.objects.create(visitor=None)
    page = admin_client.get(f"{LIST}?owner=example").content.decode()
    assert example.short_id in page
    assert mine.short_id not in page


def test_a_key_is_found_by_its_id_and_by_its_visitors(admin_client: Client, make: MakeKey) -> None:
    key = make("queued")
    Key.objects.create(visitor=None)
    for wanted in (key.pk, key.visitor):
        assert admin_client.get(LIST, {"q": str(wanted)}).context["cl"].result_count == 1
    assert admin_client.get(LIST, {"q": "no id"}).context["cl"].result_count == 0


def test_failed_keys_are_put_back_and_others_left_alone(admin_client: Client, make: MakeKey, queue: Queue) -> None:
    failed, done = make("failed", error="x"), make("done")
    chosen = {"action": "retry_failed", "_selected_action": [failed.pk, done.pk]}
    page = admin_client.post(LIST, chosen, follow=True).content.decode()
    assert "1 put back into the queue." in page
    assert len(queue) == 1
    assert set(Key.objects.values_list("state", flat=True)) == {"queued", "done"}


def test_it_says_when_the_queue_takes_nothing(admin_client: Client, make: MakeKey, queue_is_dead: None) -> None:
    chosen = {"action": "retry_failed", "_selected_action": [make("failed", error="x").pk]}
    assert "did not take 1 of 1" in admin_client.post(LIST, chosen, follow=True).content.decode()


def test_keys_are_not_added_by_hand(admin_client: Client) -> None:
    assert admin_client.get(f"{LIST}add/").status_code == 403


def test_the_jobs_dashboard_is_in_the_admin_and_linked_for_staff_only(admin_client: Client) -> None:
    assert admin_client.get("/admin/django_rq/dashboard/").status_code == 200
    assert 'href="/admin/django_rq/dashboard/"' in admin_client.get("/").content.decode()
    visitor = Client()
    assert visitor.get("/admin/django_rq/dashboard/").status_code == 302
    assert "dashboard" not in visitor.get("/").content.decode()
