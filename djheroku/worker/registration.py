"""What others see of a worker, and what it does for them: heartbeat, commit and release; the search for abandoned jobs."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from redis import Redis
from redis.client import Pipeline
from rq import Worker as RQWorker
from rq import worker_registration
from rq.job import Job
from rq.registry import clean_registries
from rq.utils import now

from djheroku.worker.returning import put_back_stray

AT_MOST_EVERY = timedelta(seconds=1)


class Registered(RQWorker):
    """A worker that describes itself completely, every time its heart beats."""

    # False where RQ only reads what another worker has written of itself.
    _works = False

    def _set_connection(self, connection: Redis) -> Redis:
        """RQ raises the pool's time-out to that of the wait for a job: not in the web process, which only reads of workers."""
        return super()._set_connection(connection) if self._works else connection

    def serialize(self) -> dict[str, Any]:
        return super().serialize() | {"commit": settings.COMMIT, "release": settings.RELEASE_VERSION}

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Say that it lives, and everything else about it: a Redis that lost its memory learns it again.

        RQ calls this several times around a job; once a second is enough.
        """
        if pipeline is None and self.last_heartbeat is not None and now() - self.last_heartbeat < AT_MOST_EVERY:
            return
        target = self.connection.pipeline() if pipeline is None else pipeline
        self.last_heartbeat = now()
        target.hset(self.key, mapping=self.serialize())
        worker_registration.register(self, target)
        target.expire(self.key, timeout or self.worker_ttl + 60)
        if pipeline is None:
            target.execute()

    def get_heartbeat_ttl(self, job: Job) -> int:
        """Seconds after which a job without a heartbeat counts as abandoned."""
        return int(self.job_monitoring_interval + settings.WORKER_ABANDONED_SECONDS)

    @property
    def dequeue_timeout(self) -> int:
        """Seconds to wait for a job at a time: between two waits it beats its heart and looks for abandoned jobs."""
        return int(min(super().dequeue_timeout, self.maintenance_interval))

    def clean_registries(self) -> None:
        """RQ's maintenance, with a lock that does not outlive a killed worker by 15 minutes, and stray jobs put back."""
        for queue in self.queues:
            if not self.connection.set(queue.registry_cleaning_key, self.name, nx=True, ex=60):
                continue
            try:
                clean_registries(queue, self._exc_handlers)
                worker_registration.clean_worker_registry(queue)
                put_back_stray(self.connection, queue)
            finally:
                queue.release_maintenance_lock()
        self.last_cleaned_at = now()
