"""The composition root: what a rehearsal consists of, and in which order it starts and ends."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import secrets
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from rehearsal import records
from rehearsal.faults import Faults
from rehearsal.logs import Logs
from rehearsal.settings import Settings
from rehearsal.store import Store
from rehearsal.streams import Streams

if TYPE_CHECKING:
    from rehearsal.addons.manager import Addons
    from rehearsal.building import Building
    from rehearsal.builds.builder import Builder
    from rehearsal.dynos.contract import Runtime
    from rehearsal.dynos.manager import Dynos
    from rehearsal.registry import Registry
    from rehearsal.releases import Releases
    from rehearsal.rendezvous import Rendezvous
    from rehearsal.router import Router

LOOPBACK = "127.0.0.1"
EMAIL = "rehearsal@localhost.localdomain"

log = logging.getLogger("rehearsal")


def _bound(asked: int, before: int | None) -> socket.socket:
    """A socket on the port asked for; else on that of last time if it is free (noted addresses go on working), or any."""
    for port in (asked,) if asked else (before or 0, 0):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((LOOPBACK, port))
        except OSError:
            bound.close()
            if asked or not port:
                raise
        else:
            return bound
    raise OSError("no port is free")


def label(home: Path) -> str:
    """What the engine knows things of this folder by."""
    return hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]


class World:
    """Everything that belongs to one rehearsal, in one folder.

    Parts are attributes, made in ``__init__`` (what needs no loop) and in ``start``. Parts get the world and take from
    it what they need, when they need it.
    """

    store: Store
    runtime: Runtime
    builder: Builder
    building: Building
    registry: Registry
    rendezvous: Rendezvous
    releases: Releases
    dynos: Dynos
    addons: Addons
    router: Router

    def __init__(self, home: Path, *, settings: Settings, port: int = 0, router_port: int = 0, runtime: str = "") -> None:
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True, mode=0o711)  # a dyno's user may pass
        self.settings = settings
        self.label = label(self.home)
        self.asked_runtime = runtime
        self.faults = Faults()
        self.store = Store(self.home / "rehearsal.sqlite")
        self.streams = Streams(self.home / "streams")
        self.logs = Logs(self.home / "logs", keep=settings.log_lines)
        self.token: str = self.store.note("token") or self.store.note("token", f"HRKU-{secrets.token_urlsafe(45)}")
        self.account_id: str = self.store.note("account") or self.store.note("account", records.new_id())
        self.email = EMAIL
        # Bound now, so that the addresses are known, and nobody else's, before anything answers at them.
        self.sockets = (_bound(port, self.store.note("port")), _bound(router_port, self.store.note("router_port")))
        self.port, self.router_port = (int(each.getsockname()[1]) for each in self.sockets)
        self._runners: list[web.AppRunner | web.ServerRunner] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def base(self) -> str:
        """The address of the API; git, data and streams are below it."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def git(self) -> str:
        return f"{self.base}/git"

    def app_url(self, name: str) -> str:
        return f"http://{name}.localhost:{self.router_port}/"

    @property
    def user(self) -> dict[str, str]:
        """The one account there is, as it appears in records."""
        return {"id": self.account_id, "email": self.email}

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run something in the background; what goes wrong in it is in rehearsal.log."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s failed", task.get_name(), exc_info=error)

    async def start(self) -> None:
        """Start every part; what was there before the last end is there again."""
        from rehearsal.parts import build, serve

        self.store.note("port", self.port)
        self.store.note("router_port", self.router_port)
        self.streams.close_all()
        await build(self)
        await self.runtime.start()
        await self.rendezvous.start()
        await self.registry.start()
        await self.addons.start()
        self._runners += await serve(self)
        await self.building.start()
        await self.releases.start()
        await self.dynos.start()
        self._announce()
        log.info("ready: api %s, router port %d, runtime %s", self.base, self.router_port, self.runtime.name)

    def _announce(self) -> None:
        """Write rehearsal.json: how others find us. Owner only: it has the token."""
        facts = {
            "pid": os.getpid(),
            "api": self.base,
            "git": self.git,
            "registry": self.registry.host,
            "data": f"{self.base}/data",
            "router_port": self.router_port,
            "token": self.token,
            "email": self.email,
            "runtime": self.runtime.name,
        }
        path = self.home / "rehearsal.json"
        fresh = path.with_suffix(".fresh")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(facts, file, indent=2)
        fresh.replace(path)

    async def stop(self) -> None:
        """End every part, whatever state it is in; records and data stay."""
        (self.home / "rehearsal.json").unlink(missing_ok=True)
        self.logs.close()
        for name in ("building", "releases", "dynos", "rendezvous", "registry", "addons", "runtime"):
            if (part := getattr(self, name, None)) is not None:
                try:
                    await part.stop()
                except Exception:  # the others are to end too
                    log.exception("%s did not end well", name)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for runner in self._runners:
            await runner.cleanup()
        for each in self.sockets:
            each.close()
        self.store.close()
        log.info("ended")
