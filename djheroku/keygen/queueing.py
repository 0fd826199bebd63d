"""Keys and their jobs, as the web sees them: put one in the queue, and ask the queue about one that stays quiet."""

import functools
import logging
import math

import django_rq
from django.conf import settings
from django.db import transaction
from redis import RedisError
from rq import Callback, Retry
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

from djheroku.keygen import jobs
from djheroku.keygen.models import Key, new_job_id

NOT_QUEUED = "The queue did not answer, so the work on this key could not start."
NOT_ASKED = "No work can be taken on at the moment. The keys you have are safe: please ask again in a minute."
FORGOTTEN = "The queue no longer knows the job that was to make this key."
COMING = {JobStatus.QUEUED, JobStatus.STARTED, JobStatus.SCHEDULED, JobStatus.DEFERRED}

logger = logging.getLogger(__name__)


def enqueue(key: Key) -> None:
    """Have the worker make *key*, once its row is committed; when the queue does not answer, it is failed at once."""
    transaction.on_commit(functools.partial(_put, key))


def _put(key: Key) -> None:
    try:
        # "auto": the commit has been waited for already.
        django_rq.get_queue(commit_mode="auto").enqueue(
            jobs.make_key,
            str(key.pk),
            job_id=key.job_id,
            description=f"make {key}",
            # Twice the time it takes, and what a busy machine may add.
            job_timeout=math.ceil(2 * settings.KEYGEN_SECONDS) + 30,
            # A dyno may go at any time; the job of a worker that died is run again.
            retry=Retry(max=3),
            on_failure=Callback(jobs.on_failure),
            on_stopped=Callback(jobs.on_stopped),
            failure_ttl=7 * 24 * 3600,
        )
    except Exception as error:
        _fail(key, NOT_QUEUED)
        if not isinstance(error, (RedisError, OSError)):
            raise
        logger.warning("could not enqueue %s: %s", key, error)


def retry(key: Key) -> None:
    """Put a failed key back into the queue under a new job; a key in any other state is left as it is."""
    key.job_id = new_job_id()
    failed = Key.objects.filter(pk=key.pk, state=Key.State.FAILED)
    if failed.change(state=Key.State.QUEUED, progress=0, error="", job_id=key.job_id):
        enqueue(key)
    key.refresh_from_db()


def look_after(key: Key) -> None:
    """If *key* has been quiet and its job will not come (lost, killed, cancelled), fail it, so that it can be retried.

    RQ runs no callback when a work horse is killed for the last time, nor when Redis loses its data.
    """
    if not key.is_quiet:
        return
    try:
        job = Job.fetch(key.job_id, connection=django_rq.get_connection())
        status = job.get_status(refresh=False)
    except NoSuchJobError:
        status = None
    except (RedisError, OSError):
        return
    if status not in COMING:
        _fail(key, FORGOTTEN)


def _fail(key: Key, error: str) -> None:
    unfinished = Key.objects.filter(pk=key.pk, job_id=key.job_id).exclude(state=Key.State.DONE)
    unfinished.change(state=Key.State.FAILED, progress=0, error=error)
    key.refresh_from_db()
