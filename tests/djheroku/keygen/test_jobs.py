"""The job, run by RQ on a real Redis: what it writes, how often, and what its failures mean for the key."""

import time
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rq import Queue, SimpleWorker
from rq.job import Job

from djheroku.keygen import jobs, queueing
from djheroku.keygen.models import Key
from tests.djheroku.keygen.conftest import MakeKey, Work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The work fails each time it is tried; the list grows with the tries."""
    tries: list[int] = []

    def fail() -> str:
        tries.append(len(tries))
        raise RuntimeError("no entropy")

    monkeypatch.setattr(jobs, "get_random_secret_key", fail)
    return tries


def test_without_a_delay_one_statement_makes_the_key(make: MakeKey, django_assert_num_queries: Any) -> None:
    key = make()
    with django_assert_num_queries(1):
        jobs.make_key(str(key.pk))
    key.refresh_from_db()
    assert (key.state, key.progress, len(key.value)) == ("done", 100, 50)
    assert key.finished is not None


def test_progress_is_written_in_ten_steps(make: MakeKey, settings: Any) -> None:
    settings.KEYGEN_SECONDS = 0.01
    key = make()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        jobs.make_key(str(key.pk))
    written = [query["sql"].split('"progress" = ')[1].split(",")[0] for query in queries]
    assert written == ["0", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100"]


def test_the_delay_is_spread_over_the_steps(make: MakeKey, settings: Any) -> None:
    settings.KEYGEN_SECONDS = 0.2
    key, started = make(), time.monotonic()
    jobs.make_key(str(key.pk))
    assert 0.2 <= time.monotonic() - started < 2


@pytest.mark.parametrize("seconds", [0, 0.01])
def test_a_second_run_leaves_a_finished_key_alone(make: MakeKey, settings: Any, seconds: float) -> None:
    settings.KEYGEN_SECONDS = seconds
    key = make()
    jobs.make_key(str(key.pk))
    first = Key.objects.values().get()
    jobs.make_key(str(key.pk))
    assert Key.objects.values().get() == first


@pytest.mark.parametrize("seconds", [0, 0.01])
def test_a_deleted_key_is_no_failure(settings: Any, seconds: float) -> None:
    settings.KEYGEN_SECONDS = seconds
    jobs.make_key(str(uuid4()))


def test_a_job_that_fails_is_tried_four_times_then_the_key_has_failed(make: MakeKey, work: Work, broken: list[int]) -> None:
    key = make()
    queueing.enqueue(key)
    work(max_jobs=1)
    key.refresh_from_db()
    assert (key.state, key.error) == ("queued", "")  # it will be tried again: not failed for good
    work()
    key.refresh_from_db()
    assert len(broken) == 4
    assert (key.state, key.progress) == ("failed", 0)
    assert "several times" in key.error
    assert "entropy" not in key.error


def abandon(job: Job, queue: Queue) -> None:
    """Take the job as a worker that dies at once does, and have the next worker find that out."""
    worker = SimpleWorker([queue], connection=queue.connection)
    queue.remove(job)
    worker.prepare_execution(job)
    worker.prepare_job_execution(job)
    queue.started_job_registry.cleanup(timestamp=time.time() + 3600)


def test_an_abandoned_job_is_run_again(make: MakeKey, queue: Queue, work: Work) -> None:
    key = make("working", progress=40)
    queueing.enqueue(key)
    abandon(Job.fetch(key.job_id, connection=queue.connection), queue)
    key.refresh_from_db()
    assert (key.state, key.progress) == ("queued", 0)
    work()
    key.refresh_from_db()
    assert key.state == "done"


def test_a_job_that_was_abandoned_too_often_has_failed(make: MakeKey, queue: Queue) -> None:
    key = make("working")
    queueing.enqueue(key)
    for _ in range(4):
        abandon(Job.fetch(key.job_id, connection=queue.connection), queue)
    key.refresh_from_db()
    assert key.state == "failed"


def test_a_worker_that_looks_for_abandoned_jobs_keeps_no_connection(make: MakeKey, queue: Queue) -> None:
    """It forks: its children would talk over the same one."""
    key = make("working")
    queueing.enqueue(key)
    abandon(Job.fetch(key.job_id, connection=queue.connection), queue)
    assert connection.connection is None


def test_the_end_of_an_old_job_is_no_news_about_the_new_one(make: MakeKey, queue: Queue, work: Work, broken: list[int]) -> None:
    key = make()
    queueing.enqueue(key)
    Key.objects.filter(pk=key.pk).update(job_id="a-newer-one")
    work()
    key.refresh_from_db()
    assert key.state == "queued"


def test_a_failure_after_the_key_was_made_changes_nothing(make: MakeKey, queue: Queue) -> None:
    key = make()
    queueing.enqueue(key)
    job = Job.fetch(key.job_id, connection=queue.connection)
    jobs.make_key(str(key.pk))
    jobs.on_stopped(job, queue.connection)
    assert Key.objects.get().state == "done"


def test_a_stopped_job_is_a_failed_key(make: MakeKey, queue: Queue) -> None:
    key = make("working")
    queueing.enqueue(key)
    jobs.on_stopped(Job.fetch(key.job_id, connection=queue.connection), queue.connection)
    key.refresh_from_db()
    assert (key.state, key.error) == ("failed", "The job was stopped before it was done.")
