"""SIGTERM: what becomes of the job in progress, and how soon the worker is gone."""

import os
import signal
import subprocess
import sys
import time

import django_rq
import pytest
import redis
from rq import Callback, Retry

from tests.checkout import ROOT
from tests.integration import worker_jobs as jobs
from tests.integration.worker_process import Start
from tests.waiting import until


@pytest.mark.parametrize("everyone", [True, False], ids=["to every process", "to the worker only"])
def test_a_job_that_does_not_finish_in_time_goes_back_to_the_front(
    start_worker: Start, notes: redis.Redis, everyone: bool
) -> None:
    queue = django_rq.get_queue("default")
    job = queue.enqueue(jobs.gated, "long", retry=Retry(max=3))
    behind = queue.enqueue(jobs.quick, "behind")
    worker = start_worker().ready()
    until(lambda: notes.hget("started", "long"), what="the job in progress")
    began = time.monotonic()
    # Heroku may send it several times.
    for _ in range(3):
        worker.send_all(signal.SIGTERM) if everyone else worker.send(signal.SIGTERM)
    assert worker.wait(10) == 0, worker.said
    assert time.monotonic() - began < 5
    assert queue.job_ids == [job.id, behind.id]
    job.refresh()
    assert job.get_status() == "queued"
    assert job.retries_left == 3
    assert queue.started_job_registry.get_job_ids(cleanup=False) == []
    assert queue.intermediate_queue.get_job_ids() == []
    notes.set("gate", 1)
    start_worker().ready()
    until(lambda: job.is_finished and behind.is_finished, what="both jobs done by the next worker")
    assert notes.hgetall("finished") == {"long": "1", "behind": "1"}
    assert notes.hget("started", "long") == "2"


def test_a_job_that_finishes_in_time_does_so(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    job, behind = queue.enqueue(jobs.gated, "long"), queue.enqueue(jobs.quick, "behind")
    worker = start_worker(WORKER_GRACE_SECONDS=20.0).ready()
    until(lambda: notes.hget("started", "long"), what="the job in progress")
    worker.send_all(signal.SIGTERM)
    until(lambda: "warm shut down" in worker.said, what="the worker knows")
    notes.set("gate", 1)
    assert worker.wait(10) == 0, worker.said
    assert job.get_status() == "finished"
    assert queue.job_ids == [behind.id]


def test_a_job_that_ignores_the_interruption_is_killed_and_put_back(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    job = queue.enqueue(jobs.stubborn, "stubborn")
    worker = start_worker().ready()
    until(lambda: notes.hget("started", "stubborn"), what="the job in progress")
    horse = worker.horse()
    worker.send_all(signal.SIGTERM)
    assert worker.wait(10) == 0, worker.said
    assert notes.hget("shrugged", "stubborn") == "1"
    assert not horse.is_running()
    assert queue.job_ids == [job.id]


def test_a_job_whose_function_has_finished_is_never_put_back(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    job = queue.enqueue(jobs.quick, "done", on_success=Callback(jobs.slow_success))
    worker = start_worker(WORKER_GRACE_SECONDS=0.0, WORKER_REACT_SECONDS=20.0).ready()
    until(lambda: notes.hget("started", "callback"), what="the function has finished")
    worker.send_all(signal.SIGTERM)
    until(lambda: "interrupting" in worker.said, what="the interruption, which must not strike")
    notes.set("gate", 1)
    assert worker.wait(10) == 0, worker.said
    assert job.get_status() == "finished"
    assert queue.job_ids == []


def test_an_idle_worker_ends_at_once(start_worker: Start, notes: redis.Redis) -> None:
    worker = start_worker().ready()
    until(lambda: "blmove" in [client["cmd"] for client in notes.client_list()], what="the wait for a job")
    began = time.monotonic()
    worker.send_all(signal.SIGTERM)
    assert worker.wait(5) == 0, worker.said
    assert time.monotonic() - began < 2
    assert notes.smembers("rq:workers") == set()


def test_the_procfiles_command_ends_well(notes: redis.Redis) -> None:
    """The same through manage.py, as a dyno runs it."""
    django_rq.get_queue("default").enqueue(jobs.gated, "long")
    environ = os.environ | {"COMMIT": "c0ffee", "HEROKU_RELEASE_VERSION": "v7"}
    argv = [sys.executable, "manage.py", "rqworker", "default"]
    with subprocess.Popen(argv, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, start_new_session=True) as worker:
        until(lambda: notes.hget("started", "long"), what="the job in progress")
        [key] = notes.smembers("rq:workers:default")
        assert notes.hmget(key, "commit", "release") == ["c0ffee", "v7"]
        os.killpg(worker.pid, signal.SIGTERM)
        notes.set("gate", 1)
        assert worker.wait(10) == 0


def test_restarts_neither_lose_a_job_nor_finish_it_twice(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    names = [f"job {number}" for number in range(60)]
    enqueued = [queue.enqueue(jobs.brief, name) for name in names]
    for target in (5, 15, 25, 35):
        # Alternately without any grace, and with enough for the job.
        worker = start_worker(WORKER_GRACE_SECONDS=0.0 if target % 2 else 1.0).ready()
        until(lambda least=target: notes.hlen("finished") >= least, what=f"{target} jobs done")
        worker.send_all(signal.SIGTERM)
        assert worker.wait(10) == 0, worker.said
    last = start_worker().ready()
    until(lambda: all(job.get_status() == "finished" for job in enqueued), what="all jobs done")
    last.send(signal.SIGTERM)
    assert last.wait(10) == 0
    assert [len(job.results()) for job in enqueued] == [1] * len(names)
