"""What there is in the queues: how many jobs wait, since when; workers; and jobs that failed."""

from dataclasses import dataclass
from datetime import datetime

import django_rq
from django.conf import settings
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.queue import Queue
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.utils import now

from djheroku.health.workers import LiveWorker, live_workers

SHOWN = 20  # failed jobs


@dataclass(frozen=True)
class QueueState:
    """A queue. oldest_s: how long the job at its front has waited, None where none waits."""

    name: str
    waiting: int
    oldest_s: float | None
    running: int
    failed: int


@dataclass(frozen=True)
class Failure:
    """A job that failed: the last line of its traceback tells why."""

    id: str
    queue: str
    what: str
    ended: str
    why: str


def queues() -> list[Queue]:
    return [django_rq.get_queue(name) for name in settings.RQ_QUEUES]


def state(queue: Queue) -> QueueState:
    return QueueState(
        name=queue.name,
        waiting=queue.count,
        oldest_s=_oldest(queue),
        running=len(StartedJobRegistry(queue=queue)),
        failed=len(FailedJobRegistry(queue=queue)),
    )


def _oldest(queue: Queue) -> float | None:
    for identity in queue.get_job_ids(0, 1):
        try:
            enqueued = Job.fetch(identity, connection=queue.connection).enqueued_at
        except NoSuchJobError:
            return None
        return round((now() - enqueued).total_seconds(), 1) if enqueued else None
    return None


def workers() -> list[LiveWorker]:
    found = {worker.name: worker for queue in queues() for worker in live_workers(queue)}
    return sorted(found.values(), key=lambda worker: worker.name)


def failures(queue: Queue, count: int = SHOWN) -> list[Failure]:
    """The latest failed jobs of a queue."""
    identities = FailedJobRegistry(queue=queue).get_job_ids(desc=True)[:count]
    found = Job.fetch_many(identities, connection=queue.connection)
    return [_failure(queue, job) for job in found if job is not None]


def _failure(queue: Queue, job: Job) -> Failure:
    result = job.latest_result()
    lines = ((result.exc_string if result else None) or "").strip().splitlines()
    return Failure(job.id, queue.name, job.description or job.func_name or "", _time(job.ended_at), lines[-1] if lines else "")


def _time(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}" if when else ""


def retry(identity: str) -> bool:
    """Put a failed job back at the end of its queue; False if there is no such failed job."""
    for queue in queues():
        registry = FailedJobRegistry(queue=queue)
        if identity in registry:
            registry.requeue(identity)
            return True
    return False
