"""The registry itself: registry:3 in a container, its data in the rehearsal's home."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import aiohttp

from rehearsal.builds.engine import EngineFailed, docker

IMAGE = "registry:3"
READY = 30.0  # seconds


class Backend:
    """Started on first use: most rehearsals of a source build never need it."""

    def __init__(self, data: Path, label: str) -> None:
        self._data = data
        self._label = label
        self._starting = asyncio.Lock()
        self._container: str | None = None
        self.host = ""

    async def url(self) -> str:
        """Its address on loopback. Raises EngineFailed if it does not start."""
        async with self._starting:
            if self._container is None:
                await self._start()
        return f"http://{self.host}"

    async def _start(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        container = await docker(
            "run", "--detach", "--label", self._label,
            "--user", f"{os.getuid()}:{os.getgid()}",
            "--volume", f"{self._data}:/var/lib/registry",
            "--publish", "127.0.0.1::5000",
            "--env", "REGISTRY_HTTP_RELATIVEURLS=true",
            "--env", "REGISTRY_LOG_LEVEL=warn",
            "--env", "OTEL_TRACES_EXPORTER=none",
            IMAGE,
        )  # fmt: skip
        try:
            self.host = (await docker("port", container, "5000/tcp")).splitlines()[0]
            await self._ready()
        except BaseException:
            await docker("rm", "--force", "--volumes", container)
            raise
        self._container = container

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(READY), aiohttp.ClientSession() as session:
                while True:
                    try:
                        async with session.get(f"http://{self.host}/v2/") as answer:
                            if answer.status == 200:
                                return
                    except aiohttp.ClientError:
                        pass
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise EngineFailed(f"{IMAGE} does not answer") from None

    def forget(self, name: str) -> None:
        """Remove the repositories below a name; blobs stay, for other repositories may have them too."""
        shutil.rmtree(self._data / "docker" / "registry" / "v2" / "repositories" / name, ignore_errors=True)

    async def stop(self) -> None:
        if self._container is not None:
            await docker("rm", "--force", "--volumes", self._container)
            self._container = None
