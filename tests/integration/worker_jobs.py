"""Jobs for the tests of the worker: each says in Redis what it did."""

import os
import signal
import threading

import redis
from django.conf import settings

PAUSE = threading.Event()


def notes() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


def quick(name: str) -> int:
    """Count that it ran; the process it ran in."""
    notes().hincrby("finished", name, 1)
    return os.getpid()


def gated(name: str) -> None:
    """Finish when somebody opens the gate."""
    note = notes()
    note.hincrby("started", name, 1)
    while not note.exists("gate"):
        PAUSE.wait(0.01)
    note.hincrby("finished", name, 1)


def stubborn(name: str) -> None:
    """Not even an interruption ends it, until the gate is open."""
    note = notes()
    note.hincrby("started", name, 1)
    while not note.exists("gate"):
        try:
            while not note.exists("gate"):
                PAUSE.wait(0.01)
        except BaseException:
            note.hincrby("shrugged", name, 1)
    note.hincrby("finished", name, 1)


def brief(name: str) -> None:
    """Takes long enough to be met in the middle."""
    note = notes()
    note.hincrby("started", name, 1)
    PAUSE.wait(0.03)
    note.hincrby("finished", name, 1)


def crash_once(name: str) -> None:
    """The first time its process dies as if memory had run out."""
    if notes().hincrby("started", name, 1) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    notes().hincrby("finished", name, 1)


def fail() -> None:
    raise ValueError("it fails")


def slow_success(job: object, connection: object, result: object) -> None:
    """A success callback that waits at the gate: the function is done, its result is not recorded yet."""
    notes().hincrby("started", "callback", 1)
    while not notes().exists("gate"):
        PAUSE.wait(0.01)


def query() -> int:
    """Ask the database something."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def lose_connection() -> int:
    """Leave a connection behind that the server has closed meanwhile."""
    from django.db import connection

    answer = query()
    connection.connection.close()
    return answer
