"""What "ready" means. A check passes by returning a short sentence, or fails by raising; neither names hosts or secrets."""

import functools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import django_rq
from django.core.cache import caches
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from health_check.base import HealthCheck
from health_check.checks import Database
from health_check.exceptions import ServiceUnavailable

from djheroku.health.workers import LiveWorker, live_workers

__all__ = ["CacheWorks", "Database", "MigrationsApplied", "NotReady", "QueueAnswers", "WorkerAlive"]


class NotReady(ServiceUnavailable):
    """A failure that is explained in a sentence of ours; what drivers say may name hosts, and is only logged."""


@dataclass
class CacheWorks(HealthCheck):
    """The cache gives back what it was given.

    django-health-check's own check awaits Django's async cache, which for Redis is one thread for the whole process: when it
    hangs, every later probe hangs behind it.
    """

    alias: str = "default"

    def run(self) -> None:
        cache, key, value = caches[self.alias], f"health:{uuid.uuid4().hex}", uuid.uuid4().hex
        cache.set(key, value, timeout=5)
        if cache.get(key) != value:
            raise NotReady("gives back something else than it was given")


@dataclass
class QueueAnswers(HealthCheck):
    """The queue can be reached as the site reaches it."""

    name: str = "default"
    waiting: int = field(default=0, init=False)

    def run(self) -> None:
        self.waiting = django_rq.get_queue(self.name).count

    def pretty_status(self) -> str:
        return f"{self.waiting} jobs waiting"


@functools.cache
def migrations_on_disk() -> MigrationLoader:
    """Read once: the files of a running process do not change."""
    return MigrationLoader(None, ignore_no_migrations=True)


def missing_migrations(applied: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those that are not in *applied*, neither themselves nor, if they replace others, all of those."""
    for name, migration in migrations_on_disk().disk_migrations.items():
        if name not in applied and not (migration.replaces and applied.issuperset(migration.replaces)):
            yield name


@dataclass
class MigrationsApplied(HealthCheck):
    """The database is as the code expects it."""

    alias: str = "default"

    def run(self) -> None:
        with connections[self.alias].temporary_connection():
            applied = set(MigrationRecorder(connections[self.alias]).applied_migrations())
        if missing := list(missing_migrations(applied)):
            raise NotReady(f"{len(missing)} not applied, the first is {'.'.join(missing[0])}")

    def pretty_status(self) -> str:
        return "all applied"


@dataclass
class WorkerAlive(HealthCheck):
    """Somebody works on the queue: judged by heartbeat, for a worker that was killed leaves its entry behind."""

    name: str = "default"
    workers: list[LiveWorker] = field(default_factory=list, init=False, repr=False)

    def run(self) -> None:
        self.workers = live_workers(django_rq.get_queue(self.name))
        if not self.workers:
            raise NotReady("no worker has given a sign of life")

    def pretty_status(self) -> str:
        return f"{len(self.workers)} alive"
