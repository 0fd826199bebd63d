"""Dynos of the formation: they are to run for ever, and are started again when they do not."""

from __future__ import annotations

import asyncio
import time

from rehearsal.dynos.contract import Instance
from rehearsal.dynos.dyno import Dyno, Work
from rehearsal.dynos.ports import random_port
from rehearsal.world import World

POLL = 0.1  # seconds between two looks at whether $PORT is bound


class LastingDyno(Dyno):
    """web.1, worker.1 and the like."""

    formation = True

    def __init__(self, world: World, work: Work) -> None:
        super().__init__(world, work)
        self._crashes = 0

    def start(self) -> None:
        """It is on its way at once: the router keeps requests for it."""
        self.state = "starting"
        super().start()

    async def _live(self) -> None:
        """Run the process, again and again, with longer and longer pauses after crashes."""
        try:
            while not self._ending:
                began = time.monotonic()
                await self._become("starting")
                status = await self._run()
                if status is not None:
                    self._say(f"Process exited with status {status}")
                if self._ended_by_us():
                    break
                await self._become("crashed")
                self.life = None
                calm = time.monotonic() - began > self._world.settings.crash_calm
                self._crashes = 1 if calm else self._crashes + 1
                await self._pause()
        finally:
            await self._over()

    def _ended_by_us(self) -> bool:
        return self._ending

    async def _pause(self) -> None:
        settings = self._world.settings
        seconds = settings.crash_first
        if self._crashes > 1:
            seconds = min(settings.crash_limit, settings.crash_base * 2 ** (self._crashes - 2))
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def _run(self) -> int | None:
        """Start the process and see it through to its end; None if it could not be started at all."""
        if self.code is None:
            self._say(f"This release has nothing for process type {self.type}")
            return None
        instance = await self._launch(random_port())
        if instance is None:
            return None
        reading = self._world.spawn(self._read(instance), name=f"log of {self.name}")
        watching = [self._world.spawn(self._weigh(instance), name=f"memory of {self.name}")]
        if self.type == "web":
            watching.append(self._world.spawn(self._watch(instance), name=f"boot of {self.name}"))
        else:
            await self._become("up")
        status = await instance.wait()
        for watch in watching:
            watch.cancel()
        await reading
        await self._see_off(instance, status)
        return status

    async def _watch(self, instance: Instance) -> None:
        """A web process must bind to $PORT in time, on an address that the router reaches."""
        limit = self._world.settings.boot_timeout
        deadline = time.monotonic() + limit
        while not await instance.bound():
            if time.monotonic() > deadline:
                self._say(f"Error R10 (Boot timeout) -> Web process failed to bind to $PORT within {limit:g} seconds of launch")
                self._say("Stopping process with SIGKILL")
                if self.life is not None:
                    self.life.error("R10")
                await instance.kill()
                return
            await asyncio.sleep(POLL)
        if self.life is not None:
            self.life.bound()
        if not self._ending:
            await self._become("up")
