"""What the worker, and its jobs, survive: crashes, kills, and a Redis that goes away."""

import signal
from urllib.parse import urlsplit

import django_rq
import psutil
import redis
from django.conf import settings
from rq import Retry

from tests.integration import worker_jobs as jobs
from tests.integration.tcp_proxy import TcpProxy
from tests.integration.worker_process import Start
from tests.waiting import until

# An abandoned job is found within seconds instead of two minutes.
HASTY = {"WORKER_HEARTBEAT_SECONDS": 1, "WORKER_ABANDONED_SECONDS": 1, "WORKER_MAINTENANCE_SECONDS": 1}


def test_a_job_whose_worker_was_killed_is_run_again_by_another(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    job = queue.enqueue(jobs.gated, "long", retry=Retry(max=3))
    worker = start_worker(**HASTY).ready()
    until(lambda: notes.hget("started", "long"), what="the job in progress")
    other = start_worker(**HASTY).ready()
    horse = worker.horse()
    worker.send(signal.SIGKILL)
    until(lambda: not horse.is_running() or horse.status() == psutil.STATUS_ZOMBIE, what="its horse dies with it")
    until(lambda: notes.hget("started", "long") == "2", what=f"the job on the other worker\n{other.said}")
    notes.set("gate", 1)
    until(lambda: job.is_finished, what="the job done")
    assert notes.hgetall("finished") == {"long": "1"}


def test_a_job_that_was_taken_but_never_started_goes_back(start_worker: Start, notes: redis.Redis) -> None:
    """Its worker died between the two: no retry is used up, none is needed."""
    queue = django_rq.get_queue("default")
    job = queue.enqueue(jobs.quick, "stray")
    notes.lmove(queue.key, queue.intermediate_queue_key)
    # Noticed by a worker an hour ago.
    notes.set(queue.intermediate_queue.get_first_seen_key(job.id), "1000000000")
    start_worker(**HASTY)
    until(lambda: job.is_finished, what="the job done")
    assert notes.hgetall("finished") == {"stray": "1"}


def test_a_crash_of_the_job_is_a_failure_that_can_be_retried(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    retried = queue.enqueue(jobs.crash_once, "retried", retry=Retry(max=1))
    final = queue.enqueue(jobs.crash_once, "final")
    start_worker()
    until(lambda: retried.is_finished and final.is_failed, what="one retried, one failed")
    assert notes.hgetall("finished") == {"retried": "1"}
    assert "signal 9" in final.latest_result().exc_string


def test_a_horse_lives_for_many_jobs_but_not_after_a_failure(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    first, second = queue.enqueue(jobs.quick, "1"), queue.enqueue(jobs.quick, "2")
    failed, third = queue.enqueue(jobs.fail), queue.enqueue(jobs.quick, "3")
    worker = start_worker()
    until(lambda: third.is_finished, what="all jobs done")
    assert failed.is_failed
    assert first.is_finished, f"{first.get_status()} {first.latest_result() and first.latest_result().exc_string}\n{worker.said}"
    assert first.return_value() == second.return_value() != third.return_value()
    assert worker.pid not in {first.return_value(), third.return_value()}


def test_it_outlives_a_redis_that_is_away(start_worker: Start, notes: redis.Redis) -> None:
    server = urlsplit(settings.REDIS_URL)
    queue = django_rq.get_queue("default")
    with TcpProxy(server.hostname, server.port) as proxy:
        url = f"redis://127.0.0.1:{proxy.port}{server.path}"
        worker = start_worker(RQ_QUEUES={"default": {"URL": url}}).ready()
        during = queue.enqueue(jobs.gated, "during")
        until(lambda: notes.hget("started", "during"), what="a job in progress")
        proxy.close()
        notes.set("gate", 1)
        until(lambda: notes.hget("finished", "during"), what="its function has returned")
        until(lambda: "Redis does not answer" in worker.said, what="the worker notices")
        proxy.open()
        until(lambda: during.is_finished, what="its result is recorded after all")
        proxy.close()
        after = queue.enqueue(jobs.quick, "after")
        proxy.open()
        until(lambda: after.is_finished, what="the next job done")
        assert notes.hgetall("finished") == {"during": "1", "after": "1"}
        worker.send_all(signal.SIGTERM)
        assert worker.wait(10) == 0, worker.said


def test_it_ends_in_time_without_a_redis_too(start_worker: Start, notes: redis.Redis) -> None:
    server = urlsplit(settings.REDIS_URL)
    with TcpProxy(server.hostname, server.port) as proxy:
        url = f"redis://127.0.0.1:{proxy.port}{server.path}"
        worker = start_worker(RQ_QUEUES={"default": {"URL": url}}).ready()
        proxy.close()
        until(lambda: "Redis does not answer" in worker.said, what="the worker notices")
        worker.send_all(signal.SIGTERM)
        assert worker.wait(10) == 0, worker.said


def test_a_redis_that_lost_its_memory_hears_of_the_worker_again(start_worker: Start, notes: redis.Redis) -> None:
    """Heroku's smallest one keeps nothing on disk."""
    start_worker(COMMIT="c0ffee", RELEASE_VERSION="v7", **HASTY).ready()
    notes.flushdb()
    [key] = until(lambda: notes.smembers("rq:workers:default"), what="the worker has registered again")
    assert notes.hmget(key, "commit", "release", "queues") == ["c0ffee", "v7", "default"]


def test_two_workers_of_one_dyno_name_are_two(start_worker: Start, notes: redis.Redis) -> None:
    for _ in range(2):
        start_worker(DYNO="worker.1").ready()
    names = notes.smembers("rq:workers:default")
    assert len(names) == 2
    assert all(name.startswith("rq:worker:worker.1.") for name in names), names


def test_a_job_does_not_inherit_a_broken_connection(start_worker: Start, notes: redis.Redis) -> None:
    queue = django_rq.get_queue("default")
    start_worker()
    first, second = queue.enqueue(jobs.lose_connection), queue.enqueue(jobs.query)
    until(lambda: first.is_finished and second.is_finished, what="both jobs done")
    assert first.return_value() == second.return_value() == 1
