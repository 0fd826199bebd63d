"""How dynos go: no more requests, a word in the log, SIGTERM, and nobody waits for them."""

from __future__ import annotations

import asyncio
import time

from rehearsal.dynos.dyno import Dyno
from rehearsal.world import World

POLL = 0.05  # seconds between two looks at whether its requests are answered


class Leaving:
    """Dynos that are on their way out."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()
        self._hurry = False

    def add(self, dyno: Dyno, *, word: str, state: str, drained: bool, hurry: bool) -> None:
        """End a dyno. word: why, for the log; state: what it is to be, where no other takes its place.

        drained: SIGTERM only when it has answered its requests, or after the grace. hurry: SIGTERM at once.
        """
        pause = self._world.settings.farewell if dyno.type == "web" and dyno.serves and not hurry else 0.0
        dyno.leave(word, state)
        task = self._world.spawn(self._end(dyno, pause, drained=drained), name=f"end of {dyno.app.name} {dyno.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def hurry(self) -> None:
        """The rehearsal ends: SIGTERM at once to all."""
        self._hurry = True

    async def wait(self) -> None:
        """Return when all have ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end(self, dyno: Dyno, pause: float, *, drained: bool) -> None:
        began = time.monotonic()
        while not (dyno.ended.is_set() or self._hurry):
            waited = time.monotonic() - began
            if waited >= pause and not (drained and dyno.requests and waited < self._world.settings.stop_grace):
                break
            await asyncio.sleep(min(POLL, pause or POLL))
        await dyno.end()
