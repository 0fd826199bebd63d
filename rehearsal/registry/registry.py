"""The registry as the rest of the rehearsal knows it: an address for clients, and images for releases."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from rehearsal.builds.engine import EngineFailed, docker
from rehearsal.records import App, Release
from rehearsal.registry.backend import Backend
from rehearsal.registry.front import Front, note_of
from rehearsal.registry.rules import MANIFEST

if TYPE_CHECKING:
    from rehearsal.world import World

log = logging.getLogger("rehearsal")

HOST = "127.0.0.1"


class ImageUnavailable(Exception):
    """There is no such image, or it cannot be used; the message says why."""


class Registry:
    """Its front, and the registry:3 behind it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.backend = Backend(world.home / "registry", f"djheroku.rehearsal={world.label}")
        self.images = f"djheroku-rehearsal-{world.label}"
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def host(self) -> str:
        """What comes before the first slash of an image's name."""
        return f"{HOST}:{self.port}"

    async def start(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=300)
        self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)
        front = Front(self.world, self.backend, self._session)
        self._runner = web.AppRunner(front.application(), access_log=None, handler_cancellation=True, shutdown_timeout=2.0)
        await self._runner.setup()
        for port in (self.world.store.note("registry_port") or 0, 0):
            try:
                await web.TCPSite(self._runner, HOST, port).start()
                break
            except OSError:
                if port == 0:
                    raise
        self.port = self._runner.addresses[0][1]
        self.world.store.note("registry_port", self.port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()
        try:
            await self.backend.stop()
        except EngineFailed:
            log.exception("the registry did not end well")

    async def config_digest(self, app: App, process_type: str) -> str | None:
        """The config digest of the image that was pushed last for a process type."""
        manifest = await self._get_manifest(app, process_type, "latest")
        return None if manifest is None else str(manifest["config"]["digest"])

    async def config(self, app: App, process_type: str, config_digest: str) -> dict[str, Any]:
        """The image's config. Raises ImageUnavailable if no image with it was ever pushed for the process type."""
        if self._manifest_of(app, process_type, config_digest) is None:
            raise ImageUnavailable(f"there is no image {config_digest} for {process_type}")
        url = f"{await self.backend.url()}/v2/{app.id}/{process_type}/blobs/{config_digest}"
        assert self._session is not None
        async with self._session.get(url) as answer:
            if answer.status != 200:
                raise ImageUnavailable(f"the config of image {config_digest} is gone")
            return dict(json.loads(await answer.read()))

    async def pull(self, app: App, process_type: str, config_digest: str) -> str:
        """Bring an image to the engine and return the name under which it can run. Raises ImageUnavailable."""
        config = await self.config(app, process_type, config_digest)
        system = f"{config.get('os', 'linux')}/{config.get('architecture', 'amd64')}"
        if system != "linux/amd64":
            raise ImageUnavailable(f"the image is for {system}; Heroku runs linux/amd64")
        name = f"{self.images}:{config_digest.removeprefix('sha256:')[:32]}"
        await self.backend.url()
        manifest = self._manifest_of(app, process_type, config_digest)
        # From the registry itself: the engine may be in a virtual machine, where our front is not on loopback.
        source = f"{self.backend.host}/{app.id}/{process_type}@{manifest}"
        try:
            await docker("pull", "--quiet", source)
            await docker("tag", source, name)
            await docker("image", "rm", source)
        except EngineFailed as failure:
            raise ImageUnavailable(str(failure)) from failure
        return name

    async def forget(self, app: App) -> None:
        """Remove an app's images from the engine, and its repositories."""
        releases = self.world.store.all(Release)
        theirs = {image.ref for release in releases if release.app_id != app.id for image in release.images.values()}
        ours = {image.ref for release in releases if release.app_id == app.id for image in release.images.values()}
        for name in ours - theirs:
            if name.startswith(f"{self.images}:"):
                with contextlib.suppress(EngineFailed):  # gone already, or a dyno that is ending still has it
                    await docker("image", "rm", name)
        await asyncio.to_thread(self.backend.forget, app.id)

    def _manifest_of(self, app: App, process_type: str, config_digest: str) -> str | None:
        found: str | None = self.world.store.note(note_of(app, process_type, config_digest))
        return found

    async def _get_manifest(self, app: App, process_type: str, reference: str) -> dict[str, Any] | None:
        url = f"{await self.backend.url()}/v2/{app.id}/{process_type}/manifests/{reference}"
        assert self._session is not None
        async with self._session.get(url, headers={"Accept": MANIFEST}) as answer:
            return dict(json.loads(await answer.read())) if answer.status == 200 else None
