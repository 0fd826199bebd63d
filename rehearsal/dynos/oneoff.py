"""One-off dynos: a command, once; of a person, or the release phase."""

from __future__ import annotations

import asyncio

from rehearsal.dynos.dyno import Dyno, Work
from rehearsal.dynos.terminal import Terminal
from rehearsal.streams import OutputStream
from rehearsal.world import World

ATTACH_TIMEOUT = 60.0  # R13


class OneOffDyno(Dyno):
    """run.1234 or release.1234. status: its exit status, None while there is none."""

    def __init__(
        self,
        world: World,
        work: Work,
        *,
        terminal: Terminal | None = None,
        tty: bool = False,
        output: OutputStream | None = None,
        limit: float | None = None,
    ) -> None:
        super().__init__(world, work)
        self.terminal, self.tty, self.output = terminal, tty, output
        self.status: int | None = None
        self._limit = limit or world.settings.run_timeout

    async def _live(self) -> None:
        try:
            await self._become("starting")
            if self.terminal is None or await self._attached(self.terminal):
                self.status = await self._run()
                self._say(f"Process exited with status {self.status}")
                await self._become("complete")
        finally:
            if self.terminal is not None:
                self.terminal.end()
            await self._over()

    async def _run(self) -> int:
        instance = await self._launch(None)
        if instance is None:
            return 1
        await self._become("up")
        reading = self._world.spawn(self._read(instance), name=f"log of {self.name}")
        weighing = self._world.spawn(self._weigh(instance), name=f"memory of {self.name}")
        try:
            status = await asyncio.wait_for(instance.wait(), self._limit)
        except TimeoutError:
            self._say("Stopping process with SIGKILL: its time to live is over")
            await instance.kill()
            status = await instance.wait()
        weighing.cancel()
        await reading
        await self._see_off(instance, status)
        return status

    async def _attached(self, terminal: Terminal) -> bool:
        """Wait until somebody is there to see what it prints."""
        waits = [asyncio.create_task(event.wait()) for event in (terminal.connected, self._wake)]
        await asyncio.wait(waits, timeout=ATTACH_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if not terminal.connected.is_set() and not self._ending:
            self._say("Error R13 (Attach error) -> Failed to attach to process")
            self._world.rendezvous.forget(terminal)
        return terminal.connected.is_set() and not self._ending
