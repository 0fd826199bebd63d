"""Images that builds and dynos of slugs run in, and the image that a slug becomes, so that a dyno's disk costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import stat
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from rehearsal.builds.engine import EngineFailed, docker, exists

NAME = "djheroku-rehearsal"
# As the stacks have it, so much as a Python app needs: libpq for psycopg2, and curl.
RUN = """\
FROM python:{minor}-slim
RUN apt-get update && apt-get install --yes --no-install-recommends curl libpq5 && rm -rf /var/lib/apt/lists/*
RUN mkdir --mode 0777 --parents /app
ENV HOME=/app
WORKDIR /app
"""
BUILD = """\
FROM {run}
RUN apt-get update && apt-get install --yes --no-install-recommends \
    file g++ gcc git libc6-dev libpq-dev make && rm -rf /var/lib/apt/lists/*
RUN mkdir --mode 0777 --parents /app/.heroku /tmp/downloads /tmp/codon/tmp
"""


class Images:
    """The images of one rehearsal; label marks what is to be removed with it."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._making = asyncio.Lock()

    async def run_image(self, minor: str, say: Callable[[str], None]) -> str:
        return await self._make("run", minor, RUN.format(minor=minor), say)

    async def build_image(self, minor: str, say: Callable[[str], None]) -> str:
        return await self._make("build", minor, BUILD.format(run=await self.run_image(minor, say)), say)

    async def _make(self, what: str, minor: str, dockerfile: str, say: Callable[[str], None]) -> str:
        """Build it unless it is there, which is said; its name follows from what is in it. Raises EngineFailed."""
        digest = hashlib.sha256(dockerfile.encode()).hexdigest()[:8]
        name = f"{NAME}-{what}:{minor}-{digest}"
        async with self._making:
            if not await exists(name):
                say(f"Making the image that apps {what} in ({name}), once on this machine.")
                await docker("build", "--quiet", "--tag", name, "-", stdin=dockerfile.encode())
        return name

    async def of_python(self, folder: Path, *, run_image: str, python: str) -> str:
        """An image with the folder's .heroku/python at /app, made once for what is in it (python: its fingerprint)."""
        name = f"{NAME}-python:{python[:16]}"
        async with self._making:
            if not await exists(name):
                await self._put(run_image, [folder / ".heroku" / "python"], folder, name)
        return name

    async def of_slug(self, folder: Path, *, identity: str, run_image: str, python: str) -> str:
        """An image with the folder at /app, in two layers: .heroku/python, and the app."""
        base = await self.of_python(folder, run_image=run_image, python=python)
        name = f"{NAME}-slug:{identity}"
        await self._put(base, _all_but_python(folder), folder, name)
        return name

    async def _put(self, base: str, paths: Iterable[Path], folder: Path, name: str) -> None:
        container = await docker("create", "--label", self.label, base)
        try:
            await _copy(container, paths, folder)
            changes = ("WORKDIR /app", "ENV HOME=/app", f"LABEL {self.label}")
            words = [word for change in changes for word in ("--change", change)]
            await docker("commit", *words, container, name)
        finally:
            await docker("rm", "--force", container)

    async def remove(self, image: str) -> None:
        """Remove an image; one that is in use or gone already is no matter."""
        try:
            await docker("image", "rm", "--force", image)
        except EngineFailed:
            return


def _all_but_python(folder: Path) -> list[Path]:
    paths = [path for path in folder.iterdir() if path.name != ".heroku"]
    return paths + [path for path in folder.glob(".heroku/*") if path.name != "python"]


async def _copy(container: str, paths: Iterable[Path], folder: Path) -> None:
    """Copy files of the folder to the same place below /app, owned by nobody in particular and writable for all."""
    reader, writer = os.pipe()
    process = await asyncio.create_subprocess_exec(
        "docker", "cp", "-", f"{container}:/app", stdin=reader, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    os.close(reader)
    written = asyncio.create_task(asyncio.to_thread(_archive, writer, list(paths), folder))
    assert process.stderr is not None
    said = await process.stderr.read()
    status = await process.wait()
    with contextlib.suppress(BrokenPipeError):
        await written
    if status != 0:
        raise EngineFailed(f"docker cp: {said.decode(errors='replace').strip()}")


def _archive(descriptor: int, paths: list[Path], folder: Path) -> None:
    with os.fdopen(descriptor, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|") as archive:
        for path in paths:
            for parent in reversed(path.relative_to(folder).parents[:-1]):
                archive.add(folder / parent, arcname=str(parent), recursive=False, filter=_for_all)
            archive.add(path, arcname=str(path.relative_to(folder)), filter=_for_all)


def _for_all(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode |= 0o666 | (0o111 if member.isdir() or member.mode & stat.S_IXUSR else 0)
    return member
