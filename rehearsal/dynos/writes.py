"""What a dyno has written to its disk, which the next restart loses: its disk is a copy of the slug or image, and its own."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rehearsal.builds.engine import docker

NAMED = 50  # files that are named; all are counted
LARGEST = 50_000  # entries of a folder that are looked at
LONGEST = 2.0  # seconds for a look
CACHE = "__pycache__"  # Python makes it anew
# What the engine itself puts into a container, and folders that count as changed when a file in them came and went.
ENGINES = ("/usr/sbin/docker-init", "/sbin/docker-init", "/dev/", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
FOLDERS = re.compile(r"/(dev|etc|home|root|run|sbin|sys|tmp|usr|usr/sbin|var|var/tmp)?")


@dataclass(frozen=True, kw_only=True)
class Write:
    """A file; size in bytes: None where it is gone, or cannot be known."""

    path: str
    size: int | None


@dataclass(frozen=True, kw_only=True)
class Writes:
    """Files that were written or changed; in a container those that were removed, too. whole: False: too many to look at all."""

    count: int
    files: tuple[Write, ...]
    whole: bool = True


def below(folder: Path, original: Path) -> Writes:
    """What differs between a dyno's copy of its slug and the slug: by size and time of change."""
    found: list[Write] = []
    deadline = time.monotonic() + LONGEST
    whole = True
    for seen, (path, status) in enumerate(_files(folder)):
        if seen >= LARGEST or time.monotonic() > deadline:
            whole = False
            break
        before = None
        with suppress(OSError):
            before = (original / path).lstat()
        if before is None or (before.st_size, before.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
            found.append(Write(path=path, size=status.st_size))
    return Writes(count=len(found), files=tuple(found[:NAMED]), whole=whole)


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Files below a folder with their paths from there, in order; not those that links lead to."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != CACHE and not (Path(where) / name).is_symlink())
        for name in sorted(names):
            path = Path(where) / name
            with suppress(OSError):
                yield str(path.relative_to(folder)), path.lstat()


async def of_container(name: str) -> Writes:
    """What differs between a container and its image, running or not. Raises EngineFailed."""
    told = await docker("container", "inspect", "--format", "{{json .Config.WorkingDir}} {{json .GraphDriver.Data}}", name)
    workdir, _, driver = told.partition(" ")
    upper = (json.loads(driver or "null") or {}).get("UpperDir") or ""
    return of_diff(await docker("container", "diff", name), home=json.loads(workdir) or "/", upper=upper)


def of_diff(told: str, *, home: str, upper: str = "") -> Writes:
    """Read `docker diff`: folders are no files. upper: where on this machine the changed files are, if they are here."""
    changes = [(line[:1], line[2:]) for line in told.splitlines() if len(line) > 2]
    parents = {str(parent) for _, path in changes for parent in Path(path).parents}
    files = []
    for kind, path in changes:
        passed_over = path in parents or path.startswith(ENGINES) or f"/{CACHE}" in path
        if passed_over or (kind == "C" and FOLDERS.fullmatch(path)):
            continue
        with_size: int | None = None
        if upper and kind != "D":
            inside = Path(upper + path)
            with suppress(OSError):
                if inside.is_dir():
                    continue
                with_size = inside.lstat().st_size
        files.append(Write(path=path.removeprefix(f"{home.rstrip('/')}/"), size=with_size))
    return Writes(count=len(files), files=tuple(files[:NAMED]))
