"""The dynos of one app: which are listed, which of them the router may choose, and for how long it had none to choose."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from rehearsal.dynos import contract
from rehearsal.dynos.dyno import Dyno
from rehearsal.records import App, Feature, Formation
from rehearsal.world import World


@dataclass
class Running:
    """Dynos by name, as the API lists them; lock: held by whoever replaces some of them.

    serving: with preboot, the old web dynos that answer until the switch; nobody lists them. switch: what will switch.
    visited: when the app last had web traffic. closed: since when no web dyno is up, where that is the manager's doing.
    """

    dynos: dict[str, Dyno] = field(default_factory=dict)
    serving: list[Dyno] = field(default_factory=list)
    switch: asyncio.Task[None] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    visited: float = field(default_factory=time.monotonic)
    closed: float | None = None

    @property
    def web(self) -> list[Dyno]:
        """Web dynos for the router, in order."""
        return self.serving or [dyno for dyno in self.dynos.values() if dyno.type == "web"]

    @property
    def up(self) -> list[Dyno]:
        """Those of them that take requests."""
        return [dyno for dyno in self.web if dyno.serves]

    @property
    def lasting(self) -> list[Dyno]:
        return [dyno for dyno in self.dynos.values() if dyno.formation]

    @property
    def asleep(self) -> list[Dyno]:
        return [dyno for dyno in self.lasting if dyno.state == "idle"]

    def close(self) -> None:
        """The web dynos that are up are about to leave: from now on nobody answers."""
        if self.closed is None and self.up:
            self.closed = time.monotonic()

    def opened(self) -> tuple[int, float] | None:
        """Once, when web dynos are up again after ``close``: the release that answers, and the seconds without any."""
        if self.closed is None or not (up := self.up):
            return None
        gap, self.closed = time.monotonic() - self.closed, None
        return up[0].release.version, gap

    def end_overlap(self) -> list[Dyno]:
        """There is no switch to come any more; returns the old web dynos that waited for it."""
        if self.switch is not None:
            self.switch.cancel()
        old, self.serving, self.switch = self.serving, [], None
        return old


def preboot(world: World, app: App) -> bool:
    """Whether it is switched on, and the web dynos are of a size that has it."""
    feature = world.store.one(Feature, app_id=app.id, name="preboot")
    web = world.store.one(Formation, app_id=app.id, type="web")
    size = contract.size(web.size) if web is not None else None
    return feature is not None and feature.enabled and size is not None and size.tier == contract.PROFESSIONAL


async def switch(running: Running, fresh: list[Dyno], *, seconds: float) -> list[Dyno]:
    """With preboot: after so many seconds requests go to the new web dynos; returns the old ones, which are to leave.

    Not before the new ones are up or have crashed: on Heroku three minutes are longer than any boot. Whether they are up
    is not asked: Heroku switches to dynos that have crashed, too [https://devcenter.heroku.com/articles/preboot].
    """
    await asyncio.gather(asyncio.sleep(seconds), *(dyno.settled() for dyno in fresh))
    async with running.lock:
        old, running.serving, running.switch = running.serving, [], None
        running.closed = None if running.up else time.monotonic()
    return old
