"""Where the commands of a build run: in a folder of this machine, or in a container over that folder."""

from __future__ import annotations

import asyncio
import codecs
import os
import shlex
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rehearsal.builds.engine import docker

Write = Callable[[str], None]
# Where packages come from, here as in a container.
INDEXES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
# What a machine needs to reach the network, and nothing that is the app's.
NETWORK = (
    *INDEXES, "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "PIP_FIND_LINKS", "PIP_DEFAULT_TIMEOUT",
)  # fmt: skip


@dataclass(frozen=True)
class Paths:
    """Folders as the commands see them."""

    build: str  # the source
    home: str  # what will be the app's home at run time, and is already where .heroku/python is found
    cache: str
    config: str  # a file per config var: ENV_DIR of the buildpack API
    downloads: str


class Place(Protocol):
    paths: Paths
    system: Mapping[str, str]  # the environ that a command has before anything is added
    relocates: bool  # home at run time is another than now

    async def run(self, argv: Sequence[str], *, environ: Mapping[str, str], write: Write) -> int:
        """Run a command in the source folder, its output line by line to write; returns its exit status."""
        ...

    async def close(self) -> None: ...


class FolderPlace:
    """This machine, as it is."""

    paths: Paths
    system: Mapping[str, str]
    relocates: bool = True

    def __init__(self, folder: Path, *, cache: Path, config: Path, downloads: Path, machine: Mapping[str, str]) -> None:
        self.folder = folder
        self.paths = Paths(str(folder), str(folder), str(cache), str(config), str(downloads))
        kept = {name: machine[name] for name in NETWORK if name in machine}
        self.system = {**kept, "PATH": machine.get("PATH", os.defpath), "HOME": str(folder)}

    async def run(self, argv: Sequence[str], *, environ: Mapping[str, str], write: Write) -> int:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=self.folder,
            env=dict(environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return await lines(process, write)

    async def close(self) -> None:
        pass


class ContainerPlace:
    """A container of the build image over the folder, laid out as on Heroku: /tmp/build_ID, and /app."""

    relocates: bool = False

    def __init__(self, name: str, paths: Paths, system: Mapping[str, str]) -> None:
        self.name = name
        self.paths = paths
        self.system = system

    @classmethod
    async def start(
        cls,
        folder: Path,
        *,
        image: str,
        label: str,
        identity: str,
        cache: Path,
        config: Path,
        downloads: Path,
        machine: Mapping[str, str],
    ) -> ContainerPlace:
        # Places inside the container, with the names that they have on Heroku.
        build, cached = f"/tmp/build_{identity[:8]}", "/tmp/codon/tmp/cache"  # noqa: S108
        paths = Paths(build, "/app", cached, "/tmp/env", "/tmp/downloads")  # noqa: S108
        # Seen twice, where on Heroku /app/.heroku/python is a link: Python must believe that it lives in /app.
        (folder / ".heroku").mkdir(exist_ok=True)
        mounts = [
            f"{folder}:{paths.build}",
            f"{folder / '.heroku'}:/app/.heroku",
            f"{cache}:{paths.cache}",
            f"{config}:{paths.config}:ro",
            f"{downloads}:{paths.downloads}",
        ]
        name = await docker(
            "run", "--detach", "--rm", "--init", "--label", label,
            # Files made in the folder belong to who runs the rehearsal.
            "--user", f"{os.getuid()}:{os.getgid()}",
            *(word for mount in mounts for word in ("--volume", mount)),
            "--workdir", paths.build, image, "sleep", "86400",
        )  # fmt: skip
        place = cls(name, paths, {})
        seen: list[str] = []
        await place.run(["env"], environ={"HOME": "/app"}, write=seen.append)
        told = dict(line.rstrip("\n").split("=", 1) for line in seen if "=" in line)
        theirs = {name: told[name] for name in (*NETWORK, "PATH") if name in told}
        place.system = {**{name: machine[name] for name in INDEXES if name in machine}, **theirs, "HOME": "/app"}
        return place

    async def run(self, argv: Sequence[str], *, environ: Mapping[str, str], write: Write) -> int:
        # By standard input, since words of a command line can be read by everybody on this machine.
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items())
        process = await asyncio.create_subprocess_exec(
            "docker", "exec", "--interactive", "--workdir", self.paths.build, self.name, "bash", "-s",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(f"{exports}exec {shlex.join(argv)} </dev/null\n".encode())
        process.stdin.close()
        return await lines(process, write)

    async def close(self) -> None:
        await docker("rm", "--force", self.name)


async def lines(process: asyncio.subprocess.Process, write: Write) -> int:
    """Hand on what a process prints, line by line, and wait for it; it does not outlive us."""
    assert process.stdout is not None
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    try:
        while chunk := await process.stdout.read(1 << 16):
            *whole, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in whole:
                write(line.rstrip("\r") + "\n")
        if rest:
            write(rest + "\n")
        return await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
