"""Asking for a key, from the click to the value; and what is said when it cannot be."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from rq import Queue
from rq.job import Job

from djheroku.keygen.models import Key
from tests.djheroku.keygen.conftest import MakeKey, Work

# Jobs are put into the queue when the row is committed: these tests commit.
pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = {"X-Requested-With": "fetch"}


def test_a_plain_form_leads_to_the_keys_own_page_and_the_worker_makes_it(client: Client, work: Work) -> None:
    response = client.post("/keys/")
    key = Key.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/keys/{key.pk}/")
    assert (key.state, key.value) == ("queued", "")
    assert '<noscript><meta http-equiv="refresh" content="1">' in client.get(response["Location"]).content.decode()
    work()
    key.refresh_from_db()
    assert (key.state, key.progress, len(key.value)) == ("done", 100, 50)
    page = client.get(response["Location"]).content.decode()
    assert "http-equiv" not in page
    assert 'data-state="done"' in page


def test_the_script_gets_the_card(client: Client) -> None:
    response = client.post("/keys/", headers=SCRIPT)
    assert response.status_code == 201
    assert response.content.decode().lstrip().startswith(f'<li class="card" id="key-{Key.objects.get().pk}"')


def test_the_session_begins_with_the_first_key_and_stays_the_same(client: Client) -> None:
    client.get("/")
    assert not client.cookies.get("sessionid")
    client.post("/keys/")
    client.post("/keys/")
    assert client.cookies["sessionid"]["max-age"] == 365 * 24 * 3600
    assert Key.objects.values("visitor").distinct().count() == 1


def test_the_job_knows_how_long_it_may_take_and_that_it_may_be_run_again(client: Client, queue: Queue, settings: Any) -> None:
    settings.KEYGEN_SECONDS = 4.5
    client.post("/keys/")
    job = Job.fetch(Key.objects.get().job_id, connection=queue.connection)
    assert job.timeout == 39
    assert job.retries_left == 3
    assert job.args == (str(Key.objects.get().pk),)


def test_a_key_is_not_asked_for_by_looking(client: Client) -> None:
    assert client.get("/keys/").status_code == 405
    assert not Key.objects.exists()


@pytest.mark.parametrize("action", ["", "{pk}/retry/", "{pk}/delete/"])
def test_changes_need_the_csrf_token(make: MakeKey, visitor: UUID, client: Client, action: str) -> None:
    key = make("failed", error="x")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    response = strict.post("/keys/" + action.format(pk=key.pk))
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()
    assert list(Key.objects.values_list("state", flat=True)) == ["failed"]


def test_the_forms_carry_the_csrf_token(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', strict.get("/").content.decode())
    assert token
    assert strict.post("/keys/", {"csrfmiddlewaretoken": token[1]}).status_code == 302


def test_too_many_are_refused_politely_and_fill_no_queue(client: Client, queue: Queue, settings: Any) -> None:
    settings.KEYGEN_RATE = "2/h"
    assert [client.post("/keys/").status_code for _ in range(3)] == [302, 302, 429]
    assert (Key.objects.count(), len(queue)) == (2, 2)
    page, fragment = client.post("/keys/"), client.post("/keys/", headers=SCRIPT)
    assert 1 <= int(page["Retry-After"]) <= 3600
    assert "One moment, please" in page.content.decode()
    assert fragment.status_code == 429
    assert fragment["Content-Type"].startswith("text/plain")
    assert "Please wait" in fragment.content.decode()


def test_trying_again_counts_as_asking(client: Client, make: MakeKey, settings: Any) -> None:
    settings.KEYGEN_RATE = "1/h"
    key = make("failed", error="x")
    client.post("/keys/")
    assert client.post(f"/keys/{key.pk}/retry/").status_code == 429
    key.refresh_from_db()
    assert key.state == "failed"


def test_the_limit_is_each_visitors_own(client: Client, settings: Any) -> None:
    settings.KEYGEN_RATE = "1/h"
    codes = [client.post("/keys/", REMOTE_ADDR=address).status_code for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")]
    assert codes == [302, 302, 429]


@pytest.mark.parametrize("away", ["queue_is_dead", "cache_is_dead"])
def test_when_redis_is_away_it_says_what_to_do_and_leaves_nothing_behind(
    client: Client, request: pytest.FixtureRequest, away: str
) -> None:
    request.getfixturevalue(away)
    page, fragment = client.post("/keys/"), client.post("/keys/", headers=SCRIPT)
    assert (page.status_code, fragment.status_code) == (503, 503)
    assert "please ask again" in page.content.decode()
    assert fragment["Content-Type"].startswith("text/plain")
    assert not Key.objects.exists()


def test_pages_do_not_need_redis(client: Client, make: MakeKey, cache_is_dead: None) -> None:
    key = make("working", quiet=True)
    assert client.get("/").status_code == 200
    assert 'data-state="working"' in client.get(f"/keys/{key.pk}/").content.decode()


def test_a_mistake_in_the_settings_leaves_no_key_behind_as_queued(client: Client, settings: Any) -> None:
    settings.RQ = {"QUEUE_CLASS": "djheroku.no.such.Queue"}
    client.raise_request_exception = False
    assert client.post("/keys/").status_code == 500
    assert Key.objects.get().state == "failed"
