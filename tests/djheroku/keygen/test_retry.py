"""Another try: for what failed, and for what the queue has lost; never for what is done or on its way."""

import pytest
from django.test import Client
from rq import Queue
from rq.job import Job, JobStatus

from djheroku.keygen import queueing
from djheroku.keygen.models import Key
from tests.djheroku.keygen.conftest import MakeKey, Work

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = {"X-Requested-With": "fetch"}


def test_a_failed_key_gets_a_new_job_and_is_made(client: Client, make: MakeKey, work: Work) -> None:
    key = make("failed", error="It broke.", progress=0)
    response = client.post(f"/keys/{key.pk}/retry/")
    assert (response.status_code, response["Location"]) == (302, f"/keys/{key.pk}/")
    retried = Key.objects.get()
    assert (retried.state, retried.error) == ("queued", "")
    assert retried.job_id != key.job_id
    work()
    assert Key.objects.get().state == "done"


def test_the_script_gets_the_card(client: Client, make: MakeKey) -> None:
    response = client.post(f"/keys/{make('failed', error='x').pk}/retry/", headers=SCRIPT)
    assert response.status_code == 200
    assert 'data-state="queued"' in response.content.decode()


def test_trying_twice_makes_one_job(client: Client, make: MakeKey, queue: Queue) -> None:
    key = make("failed", error="x")
    client.post(f"/keys/{key.pk}/retry/")
    client.post(f"/keys/{key.pk}/retry/")
    assert len(queue) == 1


@pytest.mark.parametrize("state", ["queued", "working", "done"])
def test_a_key_that_did_not_fail_stays_as_it_is(client: Client, make: MakeKey, queue: Queue, state: str) -> None:
    key = make(state)
    assert client.post(f"/keys/{key.pk}/retry/").status_code == 302
    assert (Key.objects.get().state, Key.objects.get().job_id) == (state, key.job_id)
    assert len(queue) == 0


def test_when_the_queue_is_away_it_stays_failed(client: Client, make: MakeKey, queue_is_dead: None) -> None:
    key = make("failed", error="x")
    assert client.post(f"/keys/{key.pk}/retry/").status_code == 503
    assert Key.objects.get().state == "failed"


@pytest.mark.parametrize("state", ["queued", "working"])
def test_a_key_whose_job_is_lost_shows_as_failed_and_can_be_tried_again(
    client: Client, make: MakeKey, work: Work, state: str
) -> None:
    key = make(state, quiet=True)
    page = client.get("/").content.decode()
    assert queueing.FORGOTTEN in page
    assert "Try again" in page
    client.post(f"/keys/{key.pk}/retry/")
    work()
    assert Key.objects.get().state == "done"


def test_a_key_is_not_given_up_before_it_has_been_quiet_for_a_while(client: Client, make: MakeKey) -> None:
    make("queued")
    client.get("/")
    assert Key.objects.get().state == "queued"


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.STARTED, JobStatus.SCHEDULED])
def test_a_key_that_waits_in_a_long_queue_is_left_alone(make: MakeKey, queue: Queue, status: JobStatus) -> None:
    key = make("queued", quiet=True)
    queueing.enqueue(key)
    Job.fetch(key.job_id, connection=queue.connection).set_status(status)
    queueing.look_after(key)
    assert key.state == "queued"


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED])
def test_a_key_whose_job_ended_without_a_word_has_failed(make: MakeKey, queue: Queue, status: JobStatus) -> None:
    key = make("working", quiet=True)
    queueing.enqueue(key)
    Job.fetch(key.job_id, connection=queue.connection).set_status(status)
    queueing.look_after(key)
    assert key.state == "failed"


def test_a_key_that_was_finished_in_the_very_moment_is_not_failed(make: MakeKey) -> None:
    key = make("working", quiet=True)
    Key.objects.filter(pk=key.pk).update(state="done", value="v")
    queueing.look_after(key)
    assert (key.state, key.value) == ("done", "v")
