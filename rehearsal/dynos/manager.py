"""The dyno manager: what the formation and the current release ask for is what runs."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping

from rehearsal.dynos import code, contract, sleeping
from rehearsal.dynos.dyno import Dyno, Work
from rehearsal.dynos.lasting import LastingDyno
from rehearsal.dynos.leaving import Leaving
from rehearsal.dynos.lives import Lives
from rehearsal.dynos.oneoff import OneOffDyno
from rehearsal.dynos.running import Running, preboot, switch
from rehearsal.dynos.terminal import Terminal
from rehearsal.records import App, Formation, Release
from rehearsal.streams import OutputStream
from rehearsal.world import World

Wanted = Mapping[str, tuple[Formation, int]]


class Dynos:
    """All dynos of all apps."""

    def __init__(self, world: World) -> None:
        self.lives = Lives()
        self._world = world
        self._apps: dict[str, Running] = {}
        self._leaving = Leaving(world)

    def of(self, app: App) -> dict[str, Dyno]:
        """The app's dynos by name, as the API lists them."""
        return self.running(app.id).dynos

    def running(self, app_id: str) -> Running:
        return self._apps.setdefault(app_id, Running())

    async def start(self) -> None:
        """Start what ran when the rehearsal ended last."""
        for app in self._world.store.all(App):
            if (release := self._world.releases.current(app)) is not None:
                await self.replace(app, release)
        self._world.spawn(sleeping.watch(self._world), name="sleep of Eco dynos")

    async def stop(self) -> None:
        """End every dyno, as Heroku does: SIGTERM, and SIGKILL after the grace."""
        self._leaving.hurry()
        for running in self._apps.values():
            self._dismiss_all(running)
        await self._leaving.wait()

    async def forget(self, app: App) -> None:
        """The app is destroyed: its dynos end."""
        self._dismiss_all(self.running(app.id))
        await self._leaving.wait()
        self._apps.pop(app.id, None)
        self.lives.forget(app.id)

    def _dismiss_all(self, running: Running) -> None:
        for dyno in [*running.dynos.values(), *running.end_overlap()]:
            self.dismiss(running, dyno, hurry=True)

    # --- the formation ----------------------------------------------------------------------------------------------

    def formation(self, app: App) -> list[Formation]:
        return self._world.store.all(Formation, app_id=app.id)

    async def replace(self, app: App, release: Release, *, word: str = "Restarting") -> None:
        """Put every dyno of the formation on this release. word: what the log calls it.

        With preboot the old web dynos answer until the switch, but only the new ones are listed, as on Heroku.
        """
        running = self.running(app.id)
        async with running.lock:
            before = {dyno.name: dyno for dyno in running.lasting}
            wanted = self.wanted(app)
            held = running.up if preboot(self._world, app) and any(entry.type == "web" for entry, _ in wanted.values()) else []
            if not held:
                running.close()
            others = running.end_overlap()
            for dyno in [*before.values(), *(each for each in others if each not in held)]:
                if dyno not in held:
                    self.dismiss(running, dyno, word=word, state="" if dyno.name in wanted else "down")
                else:
                    running.dynos.pop(dyno.name)
                    self._world.logs.heroku(app.id, dyno.name, word)
            running.serving = held
            fresh = self.begin(app, release, wanted, after=before)
            if held:
                new = [dyno for dyno in fresh if dyno.type == "web"]
                running.switch = self._world.spawn(self._switch(app, running, new), name=f"switch of {app.name}")
        await self.note(app.id)

    async def scale(self, app: App) -> None:
        """Make the number and size of dynos what the formation says; those that fit are left alone."""
        release = self._world.releases.current(app)
        running = self.running(app.id)
        async with running.lock:
            wanted, left = self.wanted(app), {}
            for dyno in running.lasting:
                if dyno.name not in wanted or wanted[dyno.name][0].size != dyno.size.name:
                    left[dyno.name] = dyno
                    self.dismiss(running, dyno, state="" if dyno.name in wanted else "down")
            if not any(entry.type == "web" for entry, _ in wanted.values()):
                running.closed = None
                for dyno in running.end_overlap():
                    self.dismiss(running, dyno, state="down")
            if release is not None:
                missing = {name: each for name, each in wanted.items() if name not in running.dynos}
                self.begin(app, release, missing, after=left)
        await self.note(app.id)

    def wanted(self, app: App) -> Wanted:
        """The dynos that the formation asks for, by name: entry and number."""
        entries = self.formation(app)
        return {f"{entry.type}.{number}": (entry, number) for entry in entries for number in range(1, entry.quantity + 1)}

    def begin(self, app: App, release: Release, wanted: Wanted, *, after: Mapping[str, Dyno]) -> list[Dyno]:
        """Start these dynos, each in the place of one that left."""
        fresh: list[Dyno] = []
        running = self.running(app.id)
        for name, (entry, _) in wanted.items():
            command, runs = code.of(self._world, release, entry.type)
            size = contract.size(entry.size) or contract.BASIC
            state = after[name].state if name in after else "down"
            work = Work(app=app, release=release, name=name, code=runs, command=command, shown=entry.command, size=size,
                        after="down" if state == "idle" else state)  # fmt: skip
            running.dynos[name] = dyno = LastingDyno(self._world, work)
            fresh.append(dyno)
            dyno.start()
        running.visited = time.monotonic()
        return fresh

    async def _switch(self, app: App, running: Running, fresh: list[Dyno]) -> None:
        for dyno in await switch(running, fresh, seconds=self._world.settings.preboot):
            self.leave(dyno, drained=True)
        for dyno in running.up[:1]:
            self._world.router.tally.gap(app.id, dyno.release.version, 0.0)
        await self.note(app.id)

    # --- one at a time ----------------------------------------------------------------------------------------------

    async def restart(self, app: App, name: str = "") -> bool:
        """Restart all dynos, those of a type, or one; False if there is no such. One-off dynos that are named just end."""
        chosen = self.chosen(app, name)
        release = self._world.releases.current(app)
        if not name and release is not None:
            await self.replace(app, release)
            return bool(chosen)
        running = self.running(app.id)
        async with running.lock:
            running.close()
            for dyno in chosen:
                self.dismiss(running, dyno, word="Restarting" if dyno.formation else "")
            if running.up:
                running.closed = None
            wanted = self.wanted(app)
            again = {dyno.name: wanted[dyno.name] for dyno in chosen if dyno.name in wanted}
            if release is not None:
                self.begin(app, release, again, after={dyno.name: dyno for dyno in chosen})
        await self.note(app.id)
        return bool(chosen)

    async def cycle(self, app: App) -> None:
        """What Heroku does with every dyno once a day; one-off dynos end, and no other takes their place."""
        running = self.running(app.id)
        for dyno in [dyno for dyno in running.dynos.values() if not dyno.formation]:
            self.leave(dyno, word="Cycling", state="complete")
        if (release := self._world.releases.current(app)) is not None:
            await self.replace(app, release, word="Cycling")

    async def halt(self, app: App, name: str) -> bool:
        """Stop dynos without starting them again; those of the formation stay listed as down."""
        chosen = self.chosen(app, name)
        for dyno in chosen:
            self.leave(dyno, state="down" if dyno.formation else "")
            if not dyno.formation:
                self.of(app).pop(dyno.name, None)
        return bool(chosen)

    def chosen(self, app: App, name: str = "") -> list[Dyno]:
        """Dynos by name, by id or by type; all without a name."""
        return [dyno for dyno in self.of(app).values() if name in ("", dyno.name, dyno.id, dyno.type)]

    def dismiss(self, running: Running, dyno: Dyno, *, word: str = "", state: str = "", hurry: bool = False) -> None:
        """Let a dyno leave, and list it no more."""
        if running.dynos.get(dyno.name) is dyno:
            del running.dynos[dyno.name]
        self.leave(dyno, word=word, state=state, hurry=hurry)

    def leave(self, dyno: Dyno, *, word: str = "", state: str = "", drained: bool = False, hurry: bool = False) -> None:
        """Let a dyno end in the background: whatever takes its place need not wait."""
        self._leaving.add(dyno, word=word, state=state, drained=drained, hurry=hurry)

    async def one_off(
        self,
        app: App,
        command: str,
        *,
        type_: str = "run",
        image_of: str = "web",
        size: str = "",
        extra: Mapping[str, str] | None = None,
        terminal: Terminal | None = None,
        tty: bool = False,
        release: Release | None = None,
        output: OutputStream | None = None,
        own_command: bool = False,
        limit: float | None = None,
    ) -> OneOffDyno:
        """Start a one-off dyno; it is listed while it runs. Raises LookupError if nothing was ever released.

        own_command: the image's own command is to run, ``command`` is only what is shown of it.
        """
        release = release or self._world.releases.current(app)
        runs = code.of_one_off(self._world, release, image_of) if release is not None else None
        if release is None or runs is None:
            raise LookupError("nothing was released yet")
        running = self.running(app.id)
        name = f"{type_}.{1000 + secrets.randbelow(9000)}"
        while name in running.dynos:
            name = f"{type_}.{1000 + secrets.randbelow(9000)}"
        chosen = (contract.size(size) if size else None) or contract.BASIC
        work = Work(app=app, release=release, name=name, code=runs, command=None if own_command else command,
                    shown=command, size=chosen, extra=dict(extra or {}))  # fmt: skip
        dyno = OneOffDyno(self._world, work, terminal=terminal, tty=tty, output=output, limit=limit)
        running.dynos[name] = dyno
        dyno.on_end = lambda: running.dynos.pop(name, None)
        dyno.start()
        return dyno

    # --- for those who wait ----------------------------------------------------------------------------------------

    async def note(self, app_id: str) -> None:
        """Wake whoever waits for a dyno of the app to change."""
        running = self.running(app_id)
        if (opened := running.opened()) is not None:
            self._world.router.tally.gap(app_id, *opened)
        async with running.changed:
            running.changed.notify_all()

    async def wait_change(self, app_id: str, seconds: float) -> None:
        """Return when a dyno of the app changed, or after so long."""
        changed = self.running(app_id).changed
        try:
            async with asyncio.timeout(seconds), changed:
                await changed.wait()
        except TimeoutError:
            return
