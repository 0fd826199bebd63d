"""The workers that are alive, as they describe themselves in Redis (djheroku.worker.parent.Worker.serialize)."""

from dataclasses import dataclass

from django.conf import settings
from rq.queue import Queue
from rq.utils import now, utcparse
from rq.worker_registration import get_keys

FIELDS = ("last_heartbeat", "commit", "release", "death")
PREFIX = "rq:worker:"


@dataclass(frozen=True)
class LiveWorker:
    """A worker whose heart has beaten lately."""

    name: str
    commit: str
    release: str
    heartbeat_age_s: float


def live_workers(queue: Queue) -> list[LiveWorker]:
    """Those that work on *queue*, the one with the latest heartbeat first."""
    keys = sorted(get_keys(queue))
    with queue.connection.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.hmget(key, FIELDS)
        answers = pipeline.execute()
    found = []
    for key, answer in zip(keys, answers, strict=True):
        beat, commit, release, death = (field.decode() if field is not None else "" for field in answer)
        if not beat or death:
            continue
        age = (now() - utcparse(beat)).total_seconds()
        if age <= settings.WORKER_ALIVE_SECONDS:
            found.append(LiveWorker(key.removeprefix(PREFIX), commit or "unknown", release, round(age, 1)))
    return sorted(found, key=lambda worker: worker.heartbeat_age_s)
