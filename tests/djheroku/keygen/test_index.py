"""The list: whose keys, in which order, how many to a page, and at what cost."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from djheroku.keygen.models import Key
from djheroku.keygen.views import PAGE_SIZE
from tests.djheroku.keygen.conftest import MakeKey

pytestmark = pytest.mark.django_db
FIXTURE = Path(__file__).parents[3] / "djheroku/keygen/fixtures/keygen.json"


@pytest.fixture
def examples() -> None:
    call_command("loaddata", "keygen", verbosity=0)


def shown(client: Client, address: str = "/") -> list[str]:
    return re.findall(r'id="key-([0-9a-f-]{36})"', client.get(address).content.decode())


def test_the_page_of_an_anonymous_visitor_costs_one_query(client: Client, examples: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1) as queries:
        response = client.get("/")
    assert response.status_code == 200
    assert "COUNT(" not in queries[0]["sql"]
    assert "sessionid" not in response.cookies


def test_the_page_of_a_known_visitor_costs_their_session_besides(
    client: Client, make: MakeKey, django_assert_num_queries: Any
) -> None:
    make("done")
    with django_assert_num_queries(2):
        client.get("/")


def test_examples_are_shown_to_everybody_and_marked(client: Client, examples: None) -> None:
    page = client.get("/").content.decode()
    assert page.count('<span class="tag">Example</span>') == PAGE_SIZE
    assert "data-delete>" not in page


def test_the_fixture_pages_and_no_site_would_run_with_its_values() -> None:
    keys = json.loads(FIXTURE.read_text())
    assert len(keys) > PAGE_SIZE
    for key in keys:
        # Django's own `check --deploy` refuses a SECRET_KEY that starts so (security.W009).
        assert key["fields"]["value"].startswith("django-insecure-")
        assert len(key["fields"]["value"]) == 50


def test_own_keys_come_first_newest_on_top(client: Client, examples: None, make: MakeKey) -> None:
    now = timezone.now()
    older, newer = make("done", created=now - timedelta(minutes=1)), make("done", created=now)
    assert shown(client)[:2] == [str(newer.pk), str(older.pk)]


def test_other_visitors_keys_are_not_in_the_list(client: Client, make: MakeKey) -> None:
    Key.objects.create(visitor=uuid4(), state="done", value="theirs")
    mine = make("done")
    page = client.get("/")
    assert shown(client) == [str(mine.pk)]
    assert "theirs" not in page.content.decode()


def test_nobody_sees_a_visitors_keys_without_a_session(client: Client, make: MakeKey) -> None:
    make("done")
    assert shown(Client()) == []


def test_pages_follow_one_another_without_gap_or_overlap(client: Client, make: MakeKey) -> None:
    keys = [str(make("done").pk) for _ in range(2 * PAGE_SIZE + 1)]
    pages = [shown(client, f"/?page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 1]
    assert [key for page in pages for key in page] == keys[::-1]


def test_links_lead_to_the_neighbouring_pages_only(client: Client, make: MakeKey) -> None:
    for _ in range(PAGE_SIZE):
        make("done")
    assert 'aria-label="Pages"' not in client.get("/").content.decode()
    make("done")
    first, second = (client.get(address).content.decode() for address in ("/", "/?page=2"))
    assert 'rel="next" href="?page=2"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev" href="/"' in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "2", "1e3", "²", "9" * 30, "1.5"])
def test_a_page_that_is_not_there_is_not_found(client: Client, number: str) -> None:
    assert client.get("/", {"page": number}).status_code == 404


def test_an_empty_list_says_so(client: Client) -> None:
    assert "No keys yet" in client.get("/").content.decode()


def test_nothing_of_it_is_kept_by_caches(client: Client) -> None:
    assert {"no-store", "private"} <= set(client.get("/")["Cache-Control"].split(", "))


def test_without_scripts_the_page_refreshes_itself_while_a_key_is_on_its_way(client: Client, make: MakeKey) -> None:
    key = make("working")
    assert '<noscript><meta http-equiv="refresh"' in client.get("/").content.decode()
    Key.objects.filter(pk=key.pk).update(state="done", value="v")
    assert "http-equiv" not in client.get("/").content.decode()
