"""Heroku Key-Value Store: Valkey with TLS only, and a certificate that nobody has signed."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from typing import TYPE_CHECKING

from rehearsal.addons import containers, programs
from rehearsal.addons.server import START, connections
from rehearsal.addons.tls import Front
from rehearsal.certificate import self_signed
from rehearsal.records import Addon
from rehearsal.world import LOOPBACK

if TYPE_CHECKING:
    from rehearsal.world import World

PORT = 6379
SETUP = """\
install -o valkey -g valkey -m 600 /rehearsal/server.key /tmp/server.key
install -o valkey -g valkey -m 600 /rehearsal/server.pem /tmp/server.pem
install -o valkey -g valkey -m 600 /rehearsal/valkey.conf /tmp/valkey.conf
cd /data && exec docker-entrypoint.sh valkey-server /tmp/valkey.conf
"""
TLS = """\
port 0
tls-port {port}
tls-cert-file /tmp/server.pem
tls-key-file /tmp/server.key
tls-ca-cert-file /tmp/server.pem
tls-auth-clients no
"""


def configuration(addon: Addon) -> str:
    """valkey.conf: the plan's limits, and data that survives a restart (mini keeps none on Heroku; the rehearsal must)."""
    limits = "maxmemory 25mb\nmaxmemory-policy noeviction\n" if addon.plan.endswith(":mini") else ""
    # Two connections are the server's own, as on Heroku, where mini's 20 show as 18.
    clients = f"maxclients {connections(addon.plan)}\n"
    return f'requirepass "{addon.server["password"]}"\nappendonly yes\nsave ""\n{clients}{limits}'


def url(addon: Addon, host: str, port: int) -> str:
    """``rediss://`` without a user and without a database, as Heroku writes it."""
    return f"rediss://:{addon.server['password']}@{host}:{port}"


class ValkeyContainer:
    """A container of ``valkey/valkey:9``; TLS is the server's own."""

    def __init__(self, world: World, addon: Addon) -> None:
        self._addon = addon
        self._place = containers.Place(world, addon)

    async def start(self) -> str:
        folder = self._place.files({"valkey.conf": configuration(self._addon) + TLS.format(port=PORT)})
        version = str(self._addon.server["version"])
        await self._place.run(f"valkey/valkey:{version}", SETUP, folder=folder, volume="/data")
        # NOAUTH is an answer, too: the server is there.
        await self._place.until("valkey-cli", "--tls", "--insecure", "-p", str(PORT), "PING")
        return url(self._addon, await self._place.host(PORT), PORT)

    async def stop(self) -> None:
        await self._place.stop("TERM")

    async def destroy(self) -> None:
        await self._place.destroy()


class ValkeyProcess:
    """The embedded Valkey 9 behind our TLS front."""

    def __init__(self, world: World, addon: Addon) -> None:
        self._world = world
        self._addon = addon
        self._folder = world.home / "addons" / addon.id
        self._daemon = programs.Daemon(world.addons.leftovers, self._folder / "valkey.log")
        self._front = Front(self_signed(world.home / "tls", "valkey"), postgres=False)

    async def start(self) -> str:
        program = programs.valkey_program()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        data = self._folder / "valkey"
        data.mkdir(mode=0o700, exist_ok=True)
        port = programs.free_port()
        file = self._folder / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text(f"{configuration(self._addon)}port {port}\nbind {LOOPBACK}\ndir '{data}'\n", encoding="utf-8")
        await self._daemon.start([program, file])
        await self._answers(port)
        outside = await self._front.start(int(self._addon.server.get("port") or 0), port)
        self._addon = self._world.store.change(self._addon, server={**self._addon.server, "port": outside})
        return url(self._addon, LOOPBACK, outside)

    async def _answers(self, port: int) -> None:
        deadline = time.monotonic() + START
        while True:
            self._daemon.check()
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, port)
                writer.write(b"PING\r\n")
                line = await asyncio.wait_for(reader.readline(), 2)
                writer.close()
            except (OSError, TimeoutError):
                line = b""
            if line.startswith((b"+PONG", b"-NOAUTH")):
                return
            if time.monotonic() > deadline:
                raise RuntimeError("Valkey did not answer")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        await self._front.stop()
        await self._daemon.stop(signal.SIGTERM)

    async def destroy(self) -> None:
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, True)
