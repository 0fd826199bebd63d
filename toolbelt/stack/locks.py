"""Looks at a database while something goes on in it: which tables are locked, how, and for how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from toolbelt.report.facts import Lock
from toolbelt.secret import Secret

EVERY = 0.02  # seconds between two looks; a lock that is held for less may not be seen
SHOWN = 20  # locks, the longest
# Modes that some statement of a running site waits for: readers for the first, writers for the others
# (https://www.postgresql.org/docs/current/explicit-locking.html#TABLE-LOCK-COMPATIBILITY).
MODES = ("AccessExclusiveLock", "ExclusiveLock", "ShareRowExclusiveLock", "ShareLock")
# A table that the same transaction makes is in nobody's way: others do not see it in pg_class yet.
LOOK = """
SELECT l.pid, l.virtualtransaction, c.oid::regclass::text, l.mode, l.granted
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND a.backend_type = 'client backend'
AND c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND (l.mode = ANY(%s) OR NOT l.granted)
"""


@dataclass
class _Held:
    first: float
    last: float
    waited: int = 0


class Watch:
    """Looks again and again, in a thread of its own, from ``start`` to ``stop``. Never an error: where the database
    cannot be looked at, nothing is known."""

    def __init__(self, url: Secret, *, now: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._now = now
        self._ended = threading.Event()
        self._held: dict[tuple[int, str, str, str], _Held] = {}
        self._looked = 0
        self._thread = threading.Thread(target=self._watch, daemon=True, name="locks")

    def start(self) -> Watch:
        self._thread.start()
        return self

    def stop(self) -> tuple[Lock, ...] | None:
        """The locks that were seen, the longest first; None where nothing could be seen."""
        self._ended.set()
        self._thread.join(10)
        if not self._looked:
            return None
        longest: dict[tuple[str, str], Lock] = {}
        for (_, _, relation, mode), held in list(self._held.items()):
            lock = Lock(relation=relation, mode=mode, seconds=held.last - held.first + EVERY, waited=held.waited)
            known = longest.get((relation, mode))
            if known is None or (lock.waited, lock.seconds) > (known.waited, known.seconds):
                longest[relation, mode] = lock
        return tuple(sorted(longest.values(), key=lambda lock: -lock.seconds)[:SHOWN])

    def _watch(self) -> None:
        import psycopg2  # here: every verb would wait for it

        try:
            connection = psycopg2.connect(self._url.reveal(), connect_timeout=5, application_name="rehearse")
        except psycopg2.Error:
            return
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                while not self._ended.is_set():
                    cursor.execute(LOOK, (list(MODES),))
                    self._see(cursor.fetchall())
                    self._ended.wait(EVERY)
        except psycopg2.Error:
            return
        finally:
            connection.close()

    def _see(self, rows: list[tuple[int, str, str, str, bool]]) -> None:
        self._looked += 1
        now = self._now()
        waiting: dict[str, set[int]] = {}
        for pid, _, relation, _, granted in rows:
            if not granted:
                waiting.setdefault(relation, set()).add(pid)
        for pid, transaction, relation, mode, granted in rows:
            if granted and mode in MODES:
                held = self._held.setdefault((pid, transaction, relation, mode), _Held(now, now))
                held.last = now
                held.waited = max(held.waited, len(waiting.get(relation, ())))
