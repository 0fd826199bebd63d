"""What every dyno is and does: a process that is started, read, watched and ended, in the app's log in Heroku's words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rehearsal.dynos import environ
from rehearsal.dynos.contract import Instance, Launch, Size
from rehearsal.dynos.terminal import Terminal
from rehearsal.records import App, Image, Release, Slug, new_id, now
from rehearsal.streams import OutputStream
from rehearsal.world import World

log = logging.getLogger("rehearsal")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a dyno runs. code None: this release has nothing for the process type; command None: the image's own, of
    which ``shown`` is what people read."""

    app: App
    release: Release
    name: str
    code: Slug | Image | None
    command: str | None
    shown: str
    size: Size
    extra: Mapping[str, str] = field(default_factory=dict)


class Dyno:
    """A dyno. state: starting, up, crashed, down (and complete, when a one-off dyno has ended)."""

    formation = False

    def __init__(self, world: World, work: Work) -> None:
        self.id = new_id()
        self.created_at = self.updated_at = now()
        self.app, self.release, self.name, self.code = work.app, work.release, work.name, work.code
        self.type = work.name.partition(".")[0]
        self.command, self.shown, self.size, self.extra = work.command, work.shown, work.size, work.extra
        self.terminal: Terminal | None = None
        self.tty = False
        self.attach_url: str | None = None
        self.output: OutputStream | None = None
        self.state = "down"
        self.instance: Instance | None = None
        self.on_end: Callable[[], object] | None = None
        self.ended = asyncio.Event()
        self._world = world
        self._task: asyncio.Task[None] | None = None
        self._ending = False
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()

    def start(self) -> None:
        """Start it, if nobody has."""
        if self._task is None:
            self._task = self._world.spawn(self._live(), name=f"{self.app.name} {self.name}")

    async def settled(self) -> None:
        """Return when it is up, has crashed, or has ended."""
        await self._settled.wait()

    async def end(self) -> None:
        """SIGTERM to all its processes, SIGKILL to what is left after the grace. Returns when nothing of it runs."""
        if self._ending:
            await self.ended.wait()
            return
        self._ending = True
        self._wake.set()
        if self._task is None:
            await self._over()
            return
        if (instance := self.instance) is not None:
            self._say("Stopping all processes with SIGTERM")
            await instance.terminate()
        grace = self._world.settings.stop_grace
        try:
            await asyncio.wait_for(self.ended.wait(), grace)
        except TimeoutError:
            self._say(f"Error R12 (Exit timeout) -> At least one process failed to exit within {grace:g} seconds of SIGTERM")
            self._say("Stopping remaining processes with SIGKILL")
            if self.instance is not None:
                await self.instance.kill()
        await self.ended.wait()

    # --- for those that know what kind of dyno they are -----------------------------------------------------------------

    async def _live(self) -> None:
        """From start to end; must call ``_over`` last."""
        raise NotImplementedError

    def _say(self, text: str) -> None:
        self._world.logs.heroku(self.app.id, self.name, text)

    async def _become(self, state: str) -> None:
        if state != self.state:
            self._say(f"State changed from {self.state} to {state}")
            self.state, self.updated_at = state, now()
        if state != "starting":
            self._settled.set()
        await self._world.dynos.note(self.app.id)

    async def _launch(self, port: int | None) -> Instance | None:
        """Start the process; None if that is not possible, which is then in the log."""
        assert self.code is not None
        self._say(f"Starting process with command `{self.shown.replace('$PORT', str(port)) if port else self.shown}`")
        launch = Launch(
            app=self.app.name,
            name=self.name,
            command=self.command,
            environ=environ.of(self._world, self, port),
            code=self.code,
            size=self.size,
            port=port,
            terminal=self.terminal,
            tty=self.tty,
        )
        try:
            self.instance = await self._world.runtime.launch(launch)
        except (RuntimeError, OSError) as error:
            log.warning("%s %s could not be started: %s", self.app.name, self.name, error)
            self._say(f"Could not be started: {error}")
            if self.output is not None:
                self.output.write(f"{error}\n")
            return None
        for sentence in self.instance.missing:
            self._say(f"Rehearsal: {sentence}")
        if self._ending:
            await self.instance.terminate()
        return self.instance

    async def _read(self, instance: Instance) -> None:
        while (line := await instance.line()) is not None:
            self._world.logs.write(self.app.id, "app", self.name, line)
            if self.output is not None:
                self.output.write(f"{line}\n")

    async def _over(self) -> None:
        if (instance := self.instance) is not None:  # cancelled: the rehearsal itself ends in a hurry
            await instance.kill()
            await instance.remove()
            self.instance = None
        if self.state != "complete":
            self.state = "down"
        self._settled.set()
        self.ended.set()
        if self.on_end is not None:
            self.on_end()
        await self._world.dynos.note(self.app.id)
