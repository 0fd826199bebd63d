"""Dynos as containers: the whole contract, held by the engine."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rehearsal import orphans
from rehearsal.builds.engine import EngineFailed, docker
from rehearsal.builds.slug import BuiltSlug
from rehearsal.dynos import cgroups, limits, writes
from rehearsal.dynos.contract import Launch
from rehearsal.dynos.docker import LABEL, ensure_network, remove_containers, remove_network
from rehearsal.dynos.ports import random_port
from rehearsal.dynos.spawned import Spawned
from rehearsal.dynos.writes import Writes
from rehearsal.records import Image, Slug
from rehearsal.world import LOOPBACK, World

PROBE = 0.15  # seconds: the engine's proxy closes a connection to a port that nobody listens on sooner than that
SLOW = 5.0  # seconds between two questions to an engine that is not of this machine: it takes its time over each
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

# SIGTERM to all processes, as on Heroku, where the dyno lives until the last of them is gone. A container lives as long
# as its first process: a shell there (CMD in shell form) is stopped first, and gets its signal when the others are gone.
# Only builtins, sleep excepted: nothing else need be in the image.
TERMINATE = """\
look() {
    state=gone
    while read -r key value rest; do
        case $key in Name:) name=$value ;; State:) state=$value ;; PPid:) parent=$value; break ;; esac
    done 2>/dev/null </proc/$1/status || state=gone
}
shells= others=
for place in /proc/[0-9]*; do
    pid=${place#/proc/}
    [ "$pid" = 1 ] || [ "$pid" = $$ ] && continue
    look "$pid"
    case $state in gone | Z) continue ;; esac
    case $parent,$name in 1,sh | 1,bash | 1,dash | 1,ash) shells="$shells $pid" ;; *) others="$others $pid" ;; esac
done
[ -z "$others" ] || [ -z "$shells" ] || kill -STOP $shells
[ -z "$others" ] || kill -TERM $others
[ -n "$shells" ] || exit 0
for pid in $others; do
    look "$pid"
    while [ "$state" != gone ] && [ "$state" != Z ]; do sleep 0.05; look "$pid"; done
done
kill -TERM $shells
kill -CONT $shells
"""


class Containers:
    """The runtime with a Docker engine."""

    name = "docker"

    def __init__(self, world: World) -> None:
        self._world = world
        self.label = world.label
        self.network = f"djheroku-{world.label}"
        self._mask = limits.Mask(world.home / "limits", self.label)

    async def start(self) -> None:
        await remove_containers(self.label)
        await orphans.mark(self.label, self._world.home, self._world.account_id)
        self._world.spawn(orphans.remove(), name="what is left of rehearsals whose folder is gone")
        await ensure_network(self.network, self.label)

    async def stop(self) -> None:
        await remove_containers(self.label)
        await remove_network(self.network)

    async def launch(self, launch: Launch) -> Container:
        image = launch.code.ref if isinstance(launch.code, Image) else launch.code.image
        if not image:
            raise RuntimeError("this slug was built without Docker: build it again, or start with --runtime process")
        name = f"djheroku-{self.label}-{launch.app}-{launch.name}-{launch.id[:8]}"
        host_port = random_port() if launch.port else 0
        file = self._world.home / "tmp" / f"{launch.id}.env"
        environ = launch.environ("/app")
        several = _write_environ(file, environ)
        argv = ["docker", "run", "--name", name, "--hostname", launch.id, "--pull", "never", "--init"]
        argv += ["--label", f"{LABEL}={self.label}", "--network", self.network, "--log-driver", "none"]
        argv += [*limits.of(launch.size), *await self._mask.words(image, launch.size), "--env-file", str(file), *several]
        if launch.port:
            argv += ["--publish", f"{LOOPBACK}:{host_port}:{launch.port}/tcp"]
        if launch.terminal is not None:
            argv += ["--interactive", *(["--tty"] if launch.tty else [])]
        if isinstance(launch.code, Slug):
            argv += ["--workdir", "/app", "--entrypoint", "", image, *BuiltSlug.argv(launch.command or "")]
        else:
            # As on Heroku a command goes through the image's ENTRYPOINT, wrapped in a shell; CMD is left as it is.
            argv += [image, *(["/bin/sh", "-c", launch.command] if launch.command is not None else [])]
        client = {**os.environ, **{word: environ[word] for word in several if word in environ}}  # noqa: TID251 (docker's own: where its engine is)
        spawned = await Spawned.start(argv, environ=client, terminal=launch.terminal, tty=launch.tty)
        return Container(name, spawned, (LOOPBACK, host_port), file)


def _write_environ(file: Path, environ: Mapping[str, str]) -> list[str]:
    """Write the environ for --env-file, which keeps it out of arguments; returns --env NAME for values of several lines.

    Those go through the environ of the docker program itself, the only other way.
    """
    lines = [f"{name}={value}\n" for name, value in environ.items() if "\n" not in value]
    several = [word for name, value in environ.items() if "\n" in value for word in ("--env", name)]
    file.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.writelines(lines)
    return several


def _bytes(usage: str) -> int | None:
    """The first figure of `docker stats`: 41.3MiB / 1GiB."""
    found = re.match(r"([\d.]+)(B|KiB|MiB|GiB)\b", usage)
    return round(float(found[1]) * UNITS[found[2]]) if found else None


class Container:
    """A dyno's container, and the docker program that holds its output."""

    missing: tuple[str, ...] = ()

    def __init__(self, name: str, spawned: Spawned, address: tuple[str, int], file: Path) -> None:
        self.name = name
        self.address = address
        self._spawned = spawned
        self._file = file
        self._running = False
        self._group: cgroups.Group | None = None
        self._asked: tuple[float, int | None] = (0.0, None)
        self._terminating: asyncio.Task[None] | None = None

    async def line(self) -> str | None:
        return await self._spawned.line()

    async def wait(self) -> int:
        try:
            return await self._spawned.wait()
        finally:
            self._file.unlink(missing_ok=True)

    async def out_of_memory(self) -> bool:
        if self._group is not None and (killed := self._group.killed()) is not None:
            return killed
        try:
            return await docker("container", "inspect", "--format", "{{.State.OOMKilled}}", self.name) == "true"
        except EngineFailed:
            return False

    async def memory(self) -> int | None:
        """From the kernel where the container is on this machine, else from the engine, which takes a second or two."""
        if self._group is None and not await self._find_group():
            began, used = self._asked
            if self._running and time.monotonic() - began > SLOW:
                with suppress(EngineFailed):
                    used = _bytes(await docker("stats", "--no-stream", "--format", "{{.MemUsage}}", self.name))
                self._asked = (time.monotonic(), used)
            return used
        return self._group.used() if self._group is not None else None

    async def _find_group(self) -> bool:
        with suppress(EngineFailed, ValueError):
            told = await docker("container", "inspect", "--format", "{{.State.Pid}} {{.Id}} {{.State.Running}}", self.name)
            pid, identity, running = told.split()
            self._running = self._running or running == "true"
            if self._running and int(pid):
                self._group = cgroups.of(int(pid), identity)
        return self._group is not None

    async def writes(self) -> Writes | None:
        try:
            async with asyncio.timeout(SLOW):
                return await writes.of_container(self.name)
        except (EngineFailed, TimeoutError, ValueError):
            return None

    async def bound(self) -> bool:
        """Connect to the published port. The engine accepts in any case, and hangs up at once where nobody listens.

        Inside, a process on 127.0.0.1 is nobody: the engine comes by the container's own address. Before the container
        runs it has no network, and nothing would hang up.
        """
        if not self._running:
            with suppress(EngineFailed):
                state = await docker("container", "inspect", "--format", "{{.State.Running}}", self.name)
                self._running = state == "true"
            if not self._running:
                return False
            self._file.unlink(missing_ok=True)  # docker has read it
        try:
            reader, writer = await asyncio.open_connection(*self.address)
        except OSError:
            return False
        try:
            await asyncio.wait_for(reader.read(1), PROBE)
        except TimeoutError:
            return True
        except OSError:
            return False
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return False

    async def terminate(self) -> None:
        """SIGTERM to all processes but the engine's init; without a shell in the image to the first one only."""
        self._terminating = asyncio.create_task(self._terminate())

    async def _terminate(self) -> None:
        try:
            await docker("exec", self.name, "/bin/sh", "-c", TERMINATE)
        except EngineFailed:  # no shell, or over already
            with suppress(EngineFailed):
                await docker("kill", "--signal", "TERM", self.name)

    async def kill(self) -> None:
        with suppress(EngineFailed):
            await docker("kill", "--signal", "KILL", self.name)

    async def remove(self) -> None:
        if self._terminating is not None:
            self._terminating.cancel()
            await asyncio.gather(self._terminating, return_exceptions=True)
        self._file.unlink(missing_ok=True)
        with suppress(EngineFailed):
            await docker("rm", "--force", "--volumes", self.name)
        self._spawned.signal(signal.SIGKILL)
