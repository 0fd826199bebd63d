"""The light load of a rehearsal: a few requests a second, asked on time whether or not the last one was answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from toolbelt.errors import UsageError
from toolbelt.heroku.client import Client
from toolbelt.report.facts import Request

MOST = 20.0  # requests a second: it is a rehearsal, not a benchmark
LONGEST = 6000  # requests, after which it ends by itself
PATIENCE = 35.0  # seconds for one answer; Heroku's router gives up after 30
AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Light:
    """rate: requests a second, 0 for none; path: of the site; seconds: how long it goes on once a deploy is over."""

    rate: float = 3.0
    path: str = "/"
    seconds: float = 5.0

    def check(self) -> None:
        if not 0 <= self.rate <= MOST:
            raise UsageError(f"{self.rate:g} requests a second is no light load", todo=f"From 0 to {MOST:g}: --load 5")
        if not self.path.startswith("/"):
            raise UsageError(f"{self.path!r} is not a path of the site", todo="It begins with a slash: --path /keys/")


class Load:
    """Asks for one address from ``start`` to ``stop``. clock: seconds since the rehearsal's beginning."""

    def __init__(self, client: Client, url: str, *, rate: float, clock: Callable[[], float]) -> None:
        self._client = client
        self._url = url
        self._pause = 1.0 / rate
        self._clock = clock
        self._ended = threading.Event()
        self._requests: list[Request] = []
        self._thread = threading.Thread(target=self._ask, daemon=True, name="load")

    def start(self) -> Load:
        self._thread.start()
        return self

    def stop(self) -> tuple[Request, ...]:
        """Ask no more, wait for the answers that are under way, and return all of them."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        return tuple(sorted(self._requests, key=lambda request: request.at))

    def _ask(self) -> None:
        due = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in range(LONGEST):
                pool.submit(self._one, self._clock())
                due += self._pause
                if self._ended.wait(max(0.0, due - time.monotonic())):
                    return

    def _one(self, at: float) -> None:
        """From when it was due: one that had to wait for a free thread has waited, too."""
        answer = self._client.fetch(self._url, seconds=PATIENCE)
        self._requests.append(Request(at=at, seconds=self._clock() - at, status=answer.status_code if answer else 0))
