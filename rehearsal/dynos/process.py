"""Dynos as processes of this machine: as much of the contract as the system allows, and a word on the rest."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import secrets
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from rehearsal.builds.slug import BuiltSlug
from rehearsal.dynos import environ, listening, writes
from rehearsal.dynos.contract import Launch
from rehearsal.dynos.spawned import Spawned
from rehearsal.dynos.writes import Writes
from rehearsal.leftovers import Leftovers
from rehearsal.records import Slug
from rehearsal.world import LOOPBACK, World

log = logging.getLogger("rehearsal")

FILES = 10_000  # open files of a dyno
PROCESSES = 256
POLL = 0.1


class Processes:
    """The runtime without a Docker engine: slugs only."""

    name = "process"

    def __init__(self, world: World) -> None:
        self._world = world
        # Not in the home, whose folders a random user may not be allowed to pass.
        self._folder = Path("/tmp") / f"djheroku-{world.label}" if os.geteuid() == 0 else world.home / "dynos"  # noqa: S108
        self._leftovers = Leftovers(world.home / "processes" / "dynos")

    async def start(self) -> None:
        await asyncio.to_thread(self._leftovers.end)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o711)

    async def stop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    async def launch(self, launch: Launch) -> Process:
        if not isinstance(launch.code, Slug):
            raise RuntimeError(  # noqa: TRY004 (a sentence for the app's log)
                "an image needs a Docker engine: start the rehearsal with one, or deploy from source"
            )
        if shutil.which("bash") is None:
            raise RuntimeError("there is no bash on this machine")
        home = self._folder / f"{launch.app}-{launch.name}-{launch.id[:8]}"
        await asyncio.to_thread(environ.built(launch.code).unpack, home)
        user = await _random_user(home)
        missing = ["not a container: memory is watched, not limited, and the files of this machine are in sight"]
        if user is None:
            missing.append("the process runs as the user who started the rehearsal, not as one of its own")
        if not listening.known():
            missing.append("this system does not tell what a process listens on: binding to localhost only is not noticed")
        spawned = await Spawned.start(
            BuiltSlug.argv(launch.command or ""),
            environ=launch.environ(str(home)),
            cwd=home,
            terminal=launch.terminal,
            tty=launch.tty,
            prepare=lambda: _limit(user),
        )
        record = self._leftovers.add(spawned.process.pid)
        for sentence in missing:
            log.info("%s %s: %s", launch.app, launch.name, sentence)
        slug = Path(launch.code.folder)
        return Process(spawned, (home, slug), launch.port or 0, record, tuple(missing))


async def _random_user(home: Path) -> int | None:
    """As root: a user number that nobody has, if such a user can use the copy; else None.

    It cannot where the Python that the slug links to lies in a folder that is closed to others.
    """
    if os.geteuid() != 0:
        return None
    user = 10_000 + secrets.randbelow(50_000)
    await (await asyncio.create_subprocess_exec("chown", "-Rh", f"{user}:{user}", str(home))).wait()
    python = home / ".heroku" / "python" / "bin" / "python"
    probe = [str(python), "-c", "import encodings"] if python.exists() else ["bash", "-c", "true"]
    try:
        tried = await asyncio.create_subprocess_exec(
            *probe, cwd=home, env={"PATH": os.defpath}, user=user, group=user, extra_groups=[],
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return None
    return user if await tried.wait() == 0 else None


def _limit(user: int | None) -> None:
    """In the child, before the command: limits, and the user."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if user is not None:
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))  # counted by user: it has one of its own
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


class Process:
    """A dyno's process with its children."""

    def __init__(self, spawned: Spawned, places: tuple[Path, Path], port: int, record: Path, missing: tuple[str, ...]) -> None:
        self.address = (LOOPBACK, port)
        self.missing = missing
        self._spawned = spawned
        self._home, self._slug = places
        self._port = port
        self._record = record
        self._terminating = False

    async def line(self) -> str | None:
        return await self._spawned.line()

    async def wait(self) -> int:
        """The end of the first process is the end of all, but after SIGTERM each may end in its own time."""
        status = await self._spawned.wait()
        while self._terminating and self._alive():
            await asyncio.sleep(POLL)
        self._signal(signal.SIGKILL)
        return status

    def _alive(self) -> bool:
        """Whether anything of the process group still runs."""
        for pid in self._group():
            with suppress(psutil.Error):
                if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                    return True
        return False

    def _group(self) -> list[int]:
        found = []
        for pid in psutil.pids():
            with suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) == self._spawned.process.pid:
                    found.append(pid)
        return found

    async def out_of_memory(self) -> bool:
        return False

    async def memory(self) -> int | None:
        """Resident memory of the process group; what processes share is counted once for each of them."""
        total = 0
        for pid in self._group():
            with suppress(psutil.Error):
                total += psutil.Process(pid).memory_info().rss
        return total

    async def writes(self) -> Writes | None:
        """Below its copy of the slug: what it writes elsewhere on this machine cannot be told from what others do."""
        if not self._slug.is_dir():  # expired
            return None
        return await asyncio.to_thread(writes.below, self._home, self._slug)

    async def bound(self) -> bool:
        return listening.reachable(self._spawned.process.pid, self._port)

    async def terminate(self) -> None:
        self._terminating = True
        self._signal(signal.SIGTERM)

    async def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        """To the group, and to descendants that have left it."""
        pid = self._spawned.process.pid
        outside = []
        with suppress(psutil.Error):
            for child in psutil.Process(pid).children(recursive=True):
                with suppress(ProcessLookupError):
                    if os.getpgid(child.pid) != pid:
                        outside.append(child)
        self._spawned.signal(number)
        for child in outside:
            with suppress(psutil.Error):
                child.send_signal(number)

    async def remove(self) -> None:
        self._signal(signal.SIGKILL)
        self._record.unlink(missing_ok=True)
        await asyncio.to_thread(shutil.rmtree, self._home, True)
