"""What the worker runs. Every write is one conditional UPDATE: a second run cannot replace a finished key."""

import time
import traceback
from types import TracebackType

from django.conf import settings
from django.core.management.utils import get_random_secret_key
from django.db import connection
from django.utils import timezone
from redis import Redis
from rq.job import Job

from djheroku.keygen.models import Key

STEPS = 10


def make_key(key_id: str) -> None:
    """Make the key's value, in KEYGEN_SECONDS and about ten visible steps; without a delay, in a single statement.

    May be run again at any time: a key that is done, or was deleted, is left alone.
    """
    key = Key.objects.filter(pk=key_id).exclude(state=Key.State.DONE)
    if settings.KEYGEN_SECONDS > 0:
        for step in range(STEPS):
            if not key.change(state=Key.State.WORKING, progress=100 * step // STEPS, error=""):
                return
            # The product's feature: work that takes its time.
            time.sleep(settings.KEYGEN_SECONDS / STEPS)
    key.change(
        state=Key.State.DONE,
        progress=100,
        value=get_random_secret_key(),
        error="",
        finished=timezone.now(),
    )


def on_failure(
    job: Job,
    redis: Redis,
    kind: type[BaseException],
    error: BaseException,
    where: TracebackType | traceback.StackSummary,
) -> None:
    """Called by RQ when the job raised, timed out or was abandoned by a worker that died; then it may still be retried.

    RQ counts `retries_left` down only after this call (rq/worker/base.py, handle_job_failure; rq/registry.py,
    StartedJobRegistry.cleanup), so that more than zero means: it will run again.
    """
    if job.should_retry:
        _settle(job, state=Key.State.QUEUED, error="")
    else:
        _settle(job, state=Key.State.FAILED, error="The worker tried several times and could not make this key.")


def on_stopped(job: Job, redis: Redis) -> None:
    """Called by RQ when somebody stopped the job in the dashboard."""
    _settle(job, state=Key.State.FAILED, error="The job was stopped before it was done.")


def _settle(job: Job, **values: object) -> None:
    # By the job's id: the visitor may have retried meanwhile, and an old job's end is no news about the new one.
    unfinished = Key.objects.filter(job_id=job.id, pk=job.args[0]).exclude(state=Key.State.DONE)
    unfinished.change(progress=0, **values)
    # An abandoned job is found by the worker itself, which forks: a connection left open here would be shared.
    if not connection.in_atomic_block:
        connection.close()
