"""What every dyno is and does: a process that is started, read, watched and ended, in the app's log in Heroku's words."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rehearsal.dynos import environ
from rehearsal.dynos.contract import Instance, Launch, Size
from rehearsal.dynos.lives import Life
from rehearsal.dynos.terminal import Terminal
from rehearsal.records import App, Image, Release, Slug, new_id, now
from rehearsal.streams import OutputStream
from rehearsal.world import World

log = logging.getLogger("rehearsal")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a dyno runs. code None: this release has nothing for the process type; command None: the image's own, of
    which ``shown`` is what people read; after: the state of the dyno of this name whose place it takes."""

    app: App
    release: Release
    name: str
    code: Slug | Image | None
    command: str | None
    shown: str
    size: Size
    extra: Mapping[str, str] = field(default_factory=dict)
    after: str = "down"


class Dyno:
    """A dyno. state: starting, up, crashed, down, idle (and complete, when a one-off dyno has ended).

    requests: those of the router that it has not answered yet; it counts them.
    """

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
        self.life: Life | None = None
        self.requests = 0
        self.on_end: Callable[[], object] | None = None
        self.ended = asyncio.Event()
        self._world = world
        self._task: asyncio.Task[None] | None = None
        self._ending = self._told = False
        self._said = work.after
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()

    def start(self) -> None:
        """Start it, if nobody has."""
        if self._task is None:
            self._task = self._world.spawn(self._live(), name=f"{self.app.name} {self.name}")

    async def settled(self) -> None:
        """Return when it is up, has crashed, or has ended."""
        await self._settled.wait()

    @property
    def serves(self) -> bool:
        """Whether the router may send it requests: until it begins to leave, which is before SIGTERM."""
        return self.state == "up" and self.instance is not None and not self._ending

    def leave(self, word: str = "", state: str = "") -> None:
        """From now on it gets no requests; ``end`` must follow. word: why, for the log; state: what it is to be."""
        if self._ending:
            return
        self._ending = True
        self._wake.set()
        if word:
            self._say(word)
        if state:
            self._change(state)

    async def end(self) -> None:
        """SIGTERM to all its processes, SIGKILL to what is left after the grace. Returns when nothing of it runs."""
        self.leave()
        if self._told:
            await self.ended.wait()
            return
        self._told = True
        if self._task is None:
            await self._over()
            return
        if (instance := self.instance) is not None:
            self._say("Stopping all processes with SIGTERM")
            if self.life is not None:
                self.life.tell()
            await instance.terminate()
        grace = self._world.settings.stop_grace
        try:
            await asyncio.wait_for(self.ended.wait(), grace)
        except TimeoutError:
            self._say(f"Error R12 (Exit timeout) -> At least one process failed to exit within {grace:g} seconds of SIGTERM")
            self._say("Stopping remaining processes with SIGKILL")
            if self.life is not None:
                self.life.error("R12")
            if self.instance is not None:
                await self.instance.kill()
        await self.ended.wait()

    # --- for those that know what kind of dyno they are -----------------------------------------------------------------

    async def _live(self) -> None:
        """From start to end; must call ``_over`` last."""
        raise NotImplementedError

    def _say(self, text: str) -> None:
        self._world.logs.heroku(self.app.id, self.name, text)

    def _change(self, state: str) -> None:
        """An Eco dyno that sleeps is `down` in the log, and `idle` in the API."""
        shown = "down" if state == "idle" else state
        if shown != self._said:
            self._say(f"State changed from {self._said} to {shown}")
        self._said = shown
        if state != self.state:
            self.state, self.updated_at = state, now()
        if self.life is not None:
            self.life.state = state

    async def _become(self, state: str) -> None:
        self._change(state)
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
        self.life = self._world.dynos.lives.begin(
            self.app.id,
            Life(dyno_id=self.id, dyno=self.name, type=self.type, release=self.release.version, size=self.size.name,
                 quota=self.size.megabytes, instance=self.instance, state=self.state),
        )  # fmt: skip
        for sentence in self.instance.missing:
            self._say(f"Rehearsal: {sentence}")
        if self._ending:
            self.life.tell()
            await self.instance.terminate()
        return self.instance

    async def _weigh(self, instance: Instance) -> None:
        """R14 above the quota, now and again; R15 and the end at twice as much. Goes on until it is cancelled."""
        settings, quota, said = self._world.settings, self.size.megabytes, float("-inf")
        life = self.life
        assert life is not None
        while True:
            used = await instance.memory()
            megabytes = life.weigh(used) if used is not None else 0.0
            if megabytes >= 2 * quota or await instance.out_of_memory():
                self._too_much(max(megabytes, 2 * quota))
                await instance.kill()
                return
            if megabytes > quota and time.monotonic() - said >= settings.memory_check:
                said = time.monotonic()
                life.error("R14")
                self._say(f"Process running mem={megabytes:.0f}M({100 * megabytes / quota:.1f}%)")
                self._say("Error R14 (Memory quota exceeded)")
            await asyncio.sleep(min(settings.memory_sample, settings.memory_check))

    def _too_much(self, megabytes: float) -> None:
        """R15: a process of it was killed, or is to be; on Heroku all of them are."""
        assert self.life is not None
        self.life.error("R15")
        self._say(f"Process running mem={megabytes:.0f}M({100 * megabytes / self.size.megabytes:.1f}%)")
        self._say("Error R15 (Memory quota vastly exceeded)")
        self._say("Stopping process with SIGKILL")

    async def _see_off(self, instance: Instance, status: int) -> None:
        """It has ended: what was measured of it is kept, and nothing else of it stays."""
        life = self.life
        assert life is not None
        if not self._ending and "R15" not in life.errors and await instance.out_of_memory():
            self._too_much(2 * self.size.megabytes)
        life.end(status)
        self.instance = None
        life.writes = await instance.writes()
        life.instance = None
        await instance.remove()

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
        if self.state not in ("complete", "idle"):
            self.state = "down"
        if self.life is not None:
            self.life.state, self.life.instance = self.state, None
        self._settled.set()
        self.ended.set()
        if self.on_end is not None:
            self.on_end()
        await self._world.dynos.note(self.app.id)
