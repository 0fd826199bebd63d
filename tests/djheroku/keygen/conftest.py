"""A visitor, an empty queue, and servers that are not there.

Imports of the site are inside the fixtures: pytest may read this file before the settings know where the servers are.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from redis import Redis
    from rq import Queue

Work = Callable[..., None]
MakeKey = Callable[..., Any]


@pytest.fixture(autouse=True)
def redis() -> Redis:
    """The test run's own Redis database, emptied: no jobs, nothing counted against a visitor."""
    import django_rq

    connection = django_rq.get_connection()
    connection.flushdb()
    return connection


@pytest.fixture
def queue(redis: Redis) -> Queue:
    import django_rq

    return django_rq.get_queue()


@pytest.fixture
def work(queue: Queue) -> Work:
    """Run the jobs that wait, in this process; max_jobs=1 runs one."""

    from rq import SimpleWorker

    def run(**options: Any) -> None:
        SimpleWorker([queue], connection=queue.connection).work(burst=True, **options)

    return run


@pytest.fixture
def dead_url() -> Iterator[str]:
    """The address of a Redis that refuses connections: the port is taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


@pytest.fixture
def queue_is_dead(settings: Any, dead_url: str) -> None:
    settings.RQ_QUEUES = {"default": {"URL": dead_url, "DEFAULT_TIMEOUT": 360}}


@pytest.fixture
def cache_is_dead(settings: Any, dead_url: str) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": dead_url}}


@pytest.fixture
def visitor(client: Client) -> uuid.UUID:
    """Somebody who has asked before: the client's session knows them."""
    identity = uuid.uuid4()
    session = client.session
    session["visitor"] = str(identity)
    session.save()
    client.cookies["sessionid"] = session.session_key
    return identity


@pytest.fixture
def make(visitor: uuid.UUID) -> MakeKey:
    """Make a key of the visitor's in a given state; quiet=True makes it one that has not moved for a while."""
    from django.utils import timezone

    from djheroku.keygen.models import Key

    def make(state: str = "queued", *, quiet: bool = False, **fields: Any) -> Key:
        fields = {"visitor": visitor, "value": "k" * 50 if state == "done" else "", **fields}
        if quiet:
            fields["updated"] = timezone.now() - Key.QUIET - timedelta(seconds=1)
        return Key.objects.create(state=state, **fields)

    return make
