"""The container of an add-on's server: a name, a volume, a place on the rehearsal's network."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.addons.server import START
from rehearsal.builds.engine import EngineFailed, docker
from rehearsal.certificate import self_signed
from rehearsal.dynos.docker import LABEL
from rehearsal.records import Addon

if TYPE_CHECKING:
    from rehearsal.world import World


class Place:
    """Where the server of one add-on lives in the engine."""

    def __init__(self, world: World, addon: Addon) -> None:
        self._world = world
        self.name = f"djheroku-{world.label}-{addon.name}"
        self._label = f"{LABEL}={world.label}"
        self._folder = world.home / "addons" / addon.id

    def files(self, texts: Mapping[str, str]) -> Path:
        """A folder with the certificate and these files, to be mounted at /rehearsal."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        certificate, key = self_signed(self._world.home / "tls", "addons")
        shutil.copy(certificate, self._folder / "server.pem")
        shutil.copy(key, self._folder / "server.key")
        for name, text in texts.items():
            descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        return self._folder

    async def run(self, image: str, script: str, *, folder: Path, volume: str, environ: Mapping[str, str] | None = None) -> None:
        """Start the container: the script is run by the image's shell, as root. Values of environ are in no argument."""
        with suppress(EngineFailed):
            await docker("rm", "--force", "--volumes", self.name)
        file = folder / "environ"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.writelines(f"{name}={value}\n" for name, value in (environ or {}).items())
        try:
            await docker(
                "run", "--detach", "--name", self.name, "--label", self._label, "--network", f"djheroku-{self._world.label}",
                "--volume", f"{self.name}:{volume}", "--volume", f"{folder}:/rehearsal:ro", "--env-file", str(file),
                "--entrypoint", "/bin/sh", image, "-c", script,
            )  # fmt: skip
        finally:
            file.unlink(missing_ok=True)

    async def until(self, *command: str) -> None:
        """Wait until a command inside succeeds; RuntimeError with the end of the log if it does not."""
        deadline = time.monotonic() + START
        while True:
            try:
                await docker("exec", self.name, *command)
            except EngineFailed as error:
                running = await docker("container", "inspect", "--format", "{{.State.Running}}", self.name)
                if running != "true" or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not start: {await self._log()}") from error
                await asyncio.sleep(0.1)
            else:
                return

    async def _log(self) -> str:
        with suppress(EngineFailed):
            return (await docker("logs", "--tail", "10", self.name)).replace("\n", " / ")
        return ""

    async def host(self, port: int) -> str:
        """The host for a URL: the container's own address if this machine reaches it, for it is then the same from
        a dyno and from a terminal; else its name, which only dynos know (engines in a virtual machine)."""
        template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = await docker("container", "inspect", "--format", template, self.name)
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(address, port)
                writer.close()
        except (OSError, TimeoutError):
            return self.name
        return address

    async def stop(self, number: str) -> None:
        """End the server in its own way, then remove the container; the volume stays."""
        with suppress(EngineFailed, TimeoutError):
            await docker("kill", "--signal", number, self.name)
            async with asyncio.timeout(15):
                await docker("wait", self.name)
        with suppress(EngineFailed):
            await docker("rm", "--force", self.name)

    async def destroy(self) -> None:
        with suppress(EngineFailed):
            await docker("rm", "--force", "--volumes", self.name)
        with suppress(EngineFailed):
            await docker("volume", "rm", "--force", self.name)
        await asyncio.to_thread(shutil.rmtree, self._folder, True)
