"""The dyno manager: what the formation and the current release ask for is what runs."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal.dynos import contract
from rehearsal.dynos.dyno import Dyno, Work
from rehearsal.dynos.lasting import LastingDyno
from rehearsal.dynos.oneoff import OneOffDyno
from rehearsal.dynos.terminal import Terminal
from rehearsal.records import App, Feature, Formation, Image, Release, Slug
from rehearsal.streams import OutputStream
from rehearsal.world import World


@dataclass
class Running:
    """The dynos of an app by name, and what is changed one after the other."""

    dynos: dict[str, Dyno] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)


class Dynos:
    """All dynos of all apps."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._apps: dict[str, Running] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._ending = False

    def of(self, app: App) -> dict[str, Dyno]:
        """The app's dynos by name."""
        return self._running(app.id).dynos

    def _running(self, app_id: str) -> Running:
        return self._apps.setdefault(app_id, Running())

    async def start(self) -> None:
        """Start what ran when the rehearsal ended last."""
        for app in self._world.store.all(App):
            if (release := self._world.releases.current(app)) is not None:
                await self.replace(app, release)

    async def stop(self) -> None:
        """End every dyno, as Heroku does: SIGTERM, and SIGKILL after the grace."""
        self._ending = True
        for running in self._apps.values():
            for dyno in list(running.dynos.values()):
                self._dismiss(running, dyno)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def forget(self, app: App) -> None:
        """The app is destroyed: its dynos end."""
        running = self._running(app.id)
        for dyno in list(running.dynos.values()):
            self._dismiss(running, dyno)
        await asyncio.gather(*self._leaving, return_exceptions=True)
        self._apps.pop(app.id, None)

    # --- the formation ----------------------------------------------------------------------------------------------

    def formation(self, app: App) -> list[Formation]:
        return self._world.store.all(Formation, app_id=app.id)

    async def replace(self, app: App, release: Release) -> None:
        """Put every dyno of the formation on this release; with preboot the old ones serve until the new are up."""
        running = self._running(app.id)
        async with running.lock:
            old = {name: dyno for name, dyno in running.dynos.items() if dyno.formation}
            fresh = [self._make(app, release, entry, number) for entry, number in self._wanted(app)]
            if self._preboot(app) and any(dyno.state == "up" for dyno in old.values()):
                for dyno in fresh:
                    dyno.start()
                await asyncio.gather(*(dyno.settled() for dyno in fresh if dyno.type == "web"))
            for dyno in old.values():
                self._dismiss(running, dyno)
            for dyno in fresh:
                running.dynos[dyno.name] = dyno
                dyno.start()
        await self.note(app.id)

    async def scale(self, app: App) -> None:
        """Make the number and size of dynos what the formation says; those that fit are left alone."""
        release = self._world.releases.current(app)
        running = self._running(app.id)
        async with running.lock:
            wanted = {f"{entry.type}.{number}": (entry, number) for entry, number in self._wanted(app)}
            for name, dyno in list(running.dynos.items()):
                if dyno.formation and (name not in wanted or wanted[name][0].size != dyno.size.name):
                    self._dismiss(running, dyno)
            for name, (entry, number) in wanted.items():
                if name not in running.dynos and release is not None:
                    running.dynos[name] = self._make(app, release, entry, number)
                    running.dynos[name].start()
        await self.note(app.id)

    def _wanted(self, app: App) -> list[tuple[Formation, int]]:
        return [(entry, number) for entry in self.formation(app) for number in range(1, entry.quantity + 1)]

    def _preboot(self, app: App) -> bool:
        feature = self._world.store.one(Feature, app_id=app.id, name="preboot")
        return feature is not None and feature.enabled

    def _make(self, app: App, release: Release, entry: Formation, number: int) -> Dyno:
        command, code = self.code(release, entry.type)
        size = contract.size(entry.size) or contract.BASIC
        name = f"{entry.type}.{number}"
        work = Work(app=app, release=release, name=name, code=code, command=command, shown=entry.command, size=size)
        return LastingDyno(self._world, work)

    def code(self, release: Release, type_: str) -> tuple[str | None, Slug | Image | None]:
        """What a process type of a release runs: command (None: the image's own) and code (None: there is none)."""
        if release.images:
            image = release.images.get(type_)
            return None, image
        slug = self._world.store.get(Slug, release.slug_id) if release.slug_id else None
        return (slug.process_types.get(type_) if slug else None), slug

    # --- one at a time ----------------------------------------------------------------------------------------------

    async def restart(self, app: App, name: str = "") -> bool:
        """Restart all dynos, those of a type, or one; False if there is no such. One-off dynos just end."""
        release = self._world.releases.current(app)
        running = self._running(app.id)
        chosen = self.chosen(app, name)
        async with running.lock:
            entries = {f"{entry.type}.{number}": (entry, number) for entry, number in self._wanted(app)}
            for dyno in chosen:
                if not dyno.formation and not name:
                    continue
                if dyno.formation:
                    self._world.logs.heroku(app.id, dyno.name, "Restarting")
                self._dismiss(running, dyno)
                if dyno.name in entries and release is not None:
                    running.dynos[dyno.name] = self._make(app, release, *entries[dyno.name])
                    running.dynos[dyno.name].start()
        await self.note(app.id)
        return bool(chosen)

    async def halt(self, app: App, name: str) -> bool:
        """Stop dynos without starting them again; those of the formation stay listed as down."""
        chosen = self.chosen(app, name)
        for dyno in chosen:
            self._leave(dyno)
            if not dyno.formation:
                self.of(app).pop(dyno.name, None)
        return bool(chosen)

    def chosen(self, app: App, name: str = "") -> list[Dyno]:
        """Dynos by name, by id or by type; all without a name."""
        return [dyno for dyno in self.of(app).values() if name in ("", dyno.name, dyno.id, dyno.type)]

    def _dismiss(self, running: Running, dyno: Dyno) -> None:
        if running.dynos.get(dyno.name) is dyno:
            del running.dynos[dyno.name]
        self._leave(dyno)

    def _leave(self, dyno: Dyno) -> None:
        """End a dyno in the background: whatever takes its place need not wait."""
        task = self._world.spawn(dyno.end(), name=f"end of {dyno.app.name} {dyno.name}")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

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
        code = self._code_of(release, image_of) if release is not None else None
        if release is None or code is None:
            raise LookupError("nothing was released yet")
        running = self._running(app.id)
        name = f"{type_}.{1000 + secrets.randbelow(9000)}"
        while name in running.dynos:
            name = f"{type_}.{1000 + secrets.randbelow(9000)}"
        chosen = (contract.size(size) if size else None) or contract.BASIC
        work = Work(app=app, release=release, name=name, code=code, command=None if own_command else command,
                    shown=command, size=chosen, extra=dict(extra or {}))  # fmt: skip
        dyno = OneOffDyno(self._world, work, terminal=terminal, tty=tty, output=output, limit=limit)
        running.dynos[name] = dyno
        dyno.on_end = lambda: running.dynos.pop(name, None)
        dyno.start()
        return dyno

    def _code_of(self, release: Release, type_: str) -> Slug | Image | None:
        """The code for a one-off dyno: of that process type, else of web, else of any."""
        _, code = self.code(release, type_)
        if code is None and release.images:
            code = release.images.get("web") or next(iter(release.images.values()))
        return code

    # --- for the router ---------------------------------------------------------------------------------------------

    def web(self, app_id: str) -> list[Dyno]:
        """The app's web dynos, in order."""
        return [dyno for dyno in self._running(app_id).dynos.values() if dyno.type == "web"]

    async def note(self, app_id: str) -> None:
        """Wake whoever waits for a dyno of the app to change."""
        changed = self._running(app_id).changed
        async with changed:
            changed.notify_all()

    async def wait_change(self, app_id: str, seconds: float) -> None:
        """Return when a dyno of the app changed, or after so long."""
        changed = self._running(app_id).changed
        try:
            async with asyncio.timeout(seconds), changed:
                await changed.wait()
        except TimeoutError:
            return
