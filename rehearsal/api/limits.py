"""The rate limit: a pool of requests that refills slowly (Heroku: 4,500, about 75 a minute)."""

from __future__ import annotations

import time

from rehearsal.settings import Settings


class Pool:
    """Requests that the account may still make."""

    def __init__(self, settings: Settings) -> None:
        self._size = settings.rate_limit
        self._refill = settings.rate_refill
        self._left = float(settings.rate_limit)
        self._at = time.monotonic()

    @property
    def remaining(self) -> int:
        now = time.monotonic()
        self._left = min(self._size, self._left + (now - self._at) * self._refill)
        self._at = now
        return int(self._left)

    def take(self) -> bool:
        """Use one up; False if there is none."""
        if self.remaining < 1:
            return False
        self._left -= 1
        return True
