"""Heroku Postgres: one server for each add-on, with TLS and nothing without it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.addons import containers, programs
from rehearsal.addons.database import RESTORE, ROOT, Database, script, url
from rehearsal.addons.server import START
from rehearsal.addons.tls import Front
from rehearsal.builds.engine import docker
from rehearsal.certificate import self_signed
from rehearsal.records import Addon
from rehearsal.world import LOOPBACK

if TYPE_CHECKING:
    from rehearsal.world import World

# Of both servers, max_connections is more than any plan allows: the limit that is met is that of the add-on's role.
# The server's rules of access: its own people by the socket, everybody else by TLS and password.
HBA = "local all all trust\nhostssl all all all scram-sha-256\n"
SETUP = """\
install -o postgres -g postgres -m 600 /rehearsal/server.key /tmp/server.key
install -o postgres -g postgres -m 600 /rehearsal/server.pem /tmp/server.pem
install -o postgres -g postgres -m 600 /rehearsal/pg_hba.conf /tmp/pg_hba.conf
exec docker-entrypoint.sh postgres -c ssl=on -c ssl_cert_file=/tmp/server.pem -c ssl_key_file=/tmp/server.key \
    -c hba_file=/tmp/pg_hba.conf -c max_connections=150
"""


class PostgresContainer(Database):
    """A container of ``postgres:VERSION``; TLS is the server's own."""

    def __init__(self, world: World, addon: Addon) -> None:
        self._addon = addon
        self._place = containers.Place(world, addon)

    async def start(self) -> str:
        key = self._place.files({"pg_hba.conf": HBA})
        environ = {"POSTGRES_USER": ROOT, "POSTGRES_DB": ROOT, "POSTGRES_PASSWORD": self._addon.server["root_password"]}
        version = str(self._addon.server["version"])
        await self._place.run(f"postgres:{version}", SETUP, folder=key, volume="/var/lib/postgresql", environ=environ)
        await self._place.until("pg_isready", "--quiet", "--host", LOOPBACK, "--username", ROOT)
        await self._psql(script(self._addon))
        return url(self._addon, await self._place.host(5432), 5432)

    async def dump(self, to: Path, *, label: str) -> None:
        inside = f"/tmp/{label}"  # noqa: S108 (in the container, which is ours alone)
        try:
            await self._within(label, "pg_dump", "--format=custom", "--username", ROOT, "--file", inside, self._name)
            await docker("cp", "--quiet", f"{self._place.name}:{inside}", str(to))
        finally:
            await docker("exec", self._place.name, "rm", "--force", inside)

    async def _restore(self, dump: Path, label: str) -> None:
        inside = f"/tmp/{label}"  # noqa: S108
        await docker("cp", "--quiet", str(dump), f"{self._place.name}:{inside}")
        try:
            await docker("exec", self._place.name, "chmod", "a+r", inside)
            await self._within(label, "pg_restore", *RESTORE, "--role", str(self._addon.server["user"]), "--username", ROOT,
                               "--dbname", self._name, inside)  # fmt: skip
        finally:
            await docker("exec", "--user", "0", self._place.name, "rm", "--force", inside)

    async def _within(self, label: str, *words: str) -> None:
        await docker("exec", "--user", "postgres", "--env", f"PGAPPNAME={label}", self._place.name, *words)

    async def _psql(self, statements: str) -> str:
        psql = ("exec", "--interactive", "--user", "postgres", self._place.name, "psql", "-XqtA", "--username", ROOT)
        return await docker(*psql, stdin=statements.encode())

    async def stop(self) -> None:
        await self._place.stop("INT")

    async def destroy(self) -> None:
        await self._place.destroy()


class PostgresProcess(Database):
    """The embedded Postgres 18 behind our TLS front."""

    def __init__(self, world: World, addon: Addon) -> None:
        self._world = world
        self._addon = addon
        self._folder = world.home / "addons" / addon.id
        self._data = self._folder / "postgres"
        self._daemon = programs.Daemon(world.addons.leftovers, self._folder / "postgres.log")
        self._front = Front(self_signed(world.home / "tls", "postgres"), postgres=True)
        self._bin = Path()
        self._environ: dict[str, str] = {}

    async def start(self) -> str:
        bin_ = self._bin = programs.postgres_programs()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        owner = await programs.owner(bin_, self._folder)
        if not (self._data / "PG_VERSION").exists():
            await self._initialise(bin_, owner)
        port = programs.free_port()
        argv: list[str | Path] = [bin_ / "postgres", "-D", self._data, "-p", str(port), "-h", LOOPBACK]
        await self._daemon.start([*argv, "-c", "unix_socket_directories=", "-c", "max_connections=150"], owner=owner)
        environ = {"PATH": os.defpath, "PGHOST": LOOPBACK, "PGPORT": str(port), "PGUSER": ROOT, "PGDATABASE": ROOT,
                   "PGPASSWORD": str(self._addon.server["root_password"]), "PGCONNECT_TIMEOUT": "3"}  # fmt: skip
        self._environ = environ
        await self._answers(bin_, environ)
        await self._psql(script(self._addon))
        known = self._addon.server.get("port") or 0
        outside = await self._front.start(int(known), port)
        self._addon = self._world.store.change(self._addon, server={**self._addon.server, "port": outside})
        return url(self._addon, LOOPBACK, outside)

    async def _initialise(self, bin_: Path, owner: programs.Owner) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        secret = self._folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(f"{self._addon.server['root_password']}\n", encoding="utf-8")
        self._data.mkdir(mode=0o700)
        owner.give(self._data, secret)
        argv: list[str | Path] = [bin_ / "initdb", "-D", self._data, "-U", ROOT, "--pwfile", secret]
        argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        await programs.run(argv, environ={"PATH": os.defpath}, owner=owner)
        secret.unlink()

    async def _answers(self, bin_: Path, environ: dict[str, str]) -> None:
        deadline = time.monotonic() + START
        while True:
            try:
                await programs.run([bin_ / "psql", "-Xqc", "SELECT 1"], environ=environ)
            except RuntimeError:
                self._daemon.check()
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)
            else:
                return

    async def dump(self, to: Path, *, label: str) -> None:
        argv: list[str | Path] = [self._bin / "pg_dump", "--format=custom", "--file", to, self._name]
        await programs.run(argv, environ=self._environ | {"PGAPPNAME": label})

    async def _restore(self, dump: Path, label: str) -> None:
        role = str(self._addon.server["user"])
        argv: list[str | Path] = [self._bin / "pg_restore", *RESTORE, "--role", role, "--dbname", self._name, dump]
        await programs.run(argv, environ=self._environ | {"PGAPPNAME": label})

    async def _psql(self, statements: str) -> str:
        return await programs.run([self._bin / "psql", "-XqtA"], environ=self._environ, stdin=statements)

    async def stop(self) -> None:
        await self._front.stop()
        await self._daemon.stop(signal.SIGINT)

    async def destroy(self) -> None:
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, True)
