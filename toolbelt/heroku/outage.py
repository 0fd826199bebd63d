"""For how long a site did not answer while its dynos were replaced, seen from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

EVERY = 0.25  # seconds between two requests: light enough for the smallest dyno
SLOW = 1.0  # a visitor who waits longer than that does not see a site
PATIENCE = 5.0  # for one answer; the router keeps a request for much longer while a dyno boots


@dataclass(frozen=True)
class Look:
    """One request: when it was sent and answered, in seconds of a monotonic clock, and whether the site answered."""

    sent: float
    answered: float
    good: bool

    @property
    def prompt(self) -> bool:
        return self.good and self.answered - self.sent <= SLOW


@dataclass(frozen=True)
class Gap:
    """seconds in which nobody got an answer; lost: requests that ended in an error, of all that were made."""

    seconds: float = 0.0
    lost: int = 0
    looks: int = 0

    def __add__(self, other: Gap) -> Gap:
        return Gap(self.seconds + other.seconds, self.lost + other.lost, self.looks + other.looks)

    @property
    def told(self) -> str:
        if not self.looks:
            return ""
        if not self.seconds:
            return "no gap"
        return f"gap {self.seconds:.1f} s" + ("" if self.lost else ", in which requests waited")


def gap(looks: Sequence[Look]) -> Gap:
    """All times together from a request that was not answered at once to the next answer.

    A site that did not answer when it was first asked, or was asleep, did not stop with this release.
    """
    first = next((number for number, look in enumerate(looks) if look.good), len(looks))
    after = looks[first + 1 :]
    seconds, since = 0.0, None
    for look in after:
        if since is None and not look.prompt:
            since = look.sent
        if since is not None and look.good:
            seconds, since = seconds + look.answered - since, None
    if since is not None:
        seconds += after[-1].answered - since
    return Gap(seconds, sum(not look.good for look in after), len(looks))


class Watch:
    """Asks a few times a second, in a thread of its own, from its making until ``end``."""

    def __init__(self, alive: Callable[[float], bool]) -> None:
        self._alive = alive
        self._over = threading.Event()
        self._looks: list[Look] = []
        self._thread = threading.Thread(target=self._run, name="outage", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            sent = time.monotonic()
            good = self._alive(PATIENCE)
            if not self._over.is_set():  # what was under way when it was to end says nothing
                self._looks.append(Look(sent, time.monotonic(), good))
            self._over.wait(EVERY)

    def end(self) -> Gap:
        """Stop asking; what was seen. May be called again."""
        self._over.set()
        self._thread.join(PATIENCE + 1)
        return gap(self._looks)
