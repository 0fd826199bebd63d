"""Run the checks side by side, and wait for each no longer than the time-out: a server that hangs must not hang the probe."""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass

from django.db import connections
from health_check.base import HealthCheck

from djheroku.health.checks import NotReady

logger = logging.getLogger(__name__)

SECONDS = 2.0


@dataclass(frozen=True)
class Outcome:
    """What one check found, and how long it took."""

    ok: bool
    ms: float
    detail: str
    check: HealthCheck | None = None


def outcome_of(name: str, check: HealthCheck) -> Outcome:
    """Run *check* in this thread; what a driver says goes to the log only."""
    started = time.perf_counter()
    try:
        check.run()
        ok, detail = True, check.pretty_status().lower()
    except NotReady as refusal:
        ok, detail = False, refusal.message
    except Exception as error:
        ok, detail = False, "does not answer"
        logger.warning("health check %s failed: %s: %s", name, type(error).__name__, error)
    finally:
        connections.close_all()  # those of this thread, which ends now
    return Outcome(ok, round((time.perf_counter() - started) * 1000, 1), detail, check)


class Probe:
    """The checks, of each one run at a time: who asks meanwhile waits for the same answer, and no threads pile up."""

    def __init__(self, checks: Mapping[str, type[HealthCheck]], *, seconds: float = SECONDS) -> None:
        self.checks = checks
        self.seconds = seconds
        self._running: dict[str, Future[Outcome]] = {}
        self._lock = threading.Lock()

    def _start(self, name: str) -> Future[Outcome]:
        with self._lock:
            if (running := self._running.get(name)) is not None:
                return running
            future = self._running[name] = Future()
        # A daemon: one that hangs must not keep the process from ending.
        threading.Thread(target=self._run, args=(name, future), name=f"health-{name}", daemon=True).start()
        return future

    def _run(self, name: str, future: "Future[Outcome]") -> None:
        outcome = outcome_of(name, self.checks[name]())
        with self._lock:
            del self._running[name]
        future.set_result(outcome)

    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of every check, in the order they were given; takes no longer than the time-out."""
        futures = {name: self._start(name) for name in self.checks}
        wait(futures.values(), timeout=self.seconds)
        late = Outcome(False, self.seconds * 1000, f"no answer within {self.seconds:g} seconds")
        return {name: future.result() if future.done() else late for name, future in futures.items()}
