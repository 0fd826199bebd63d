"""What a build leaves for the next one of the app: .heroku/python with all that is installed in it (lib/cache.sh)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from rehearsal.builds.manager import Manager
from rehearsal.builds.report import Report

LOCKS = {"pip": "requirements.txt", "pipenv": "Pipfile.lock"}


@dataclass(frozen=True)
class Contents:
    """What a cache was made for; it serves a build that wants the same. lock is a digest, where the manager needs it:
    pip never removes what is no longer listed, uv and Poetry do. base is the interpreter behind the environment."""

    stack: str
    python: str  # the full version that Heroku would install
    base: str
    manager: Manager
    lock: str | None = None
    home: bool = True  # can be PYTHONHOME

    @classmethod
    def of(cls, folder: Path, *, stack: str, python: str, base: str, manager: Manager) -> Contents:
        name = LOCKS.get(manager)
        lock = hashlib.sha256((folder / name).read_bytes()).hexdigest() if name else None
        return cls(stack, python, base, manager, lock)


class Cache:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def python(self) -> Path:
        return self.folder / ".heroku" / "python"

    @property
    def _state(self) -> Path:
        return self.folder / ".heroku" / "contents.json"

    def contents(self) -> Contents | None:
        try:
            return Contents(**json.loads(self._state.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def restore(self, folder: Path, wanted: Contents, report: Report) -> Contents | None:
        """Move the cached .heroku/python into the source folder if it serves; otherwise say why not and drop it."""
        there = self.contents()
        if there is None or not self.python.is_dir():
            self.clear()
            return None
        reasons = _differences(there, wanted)
        if reasons:
            report.step("Discarding cache since:")
            for reason in reasons:
                report.indented(f"- {reason}")
            self.clear()
            return None
        report.step("Restoring cache")
        (folder / ".heroku").mkdir(exist_ok=True)
        self.python.rename(folder / ".heroku" / "python")
        self._state.unlink()
        return there

    async def save(self, folder: Path, contents: Contents) -> None:
        """Keep the folder's .heroku/python, by hard links: nobody writes into its files, they are replaced."""
        await asyncio.to_thread(self.clear)
        self.python.parent.mkdir(parents=True, exist_ok=True)
        source = folder / ".heroku" / "python"
        # GNU's cp makes 13,000 links in a third of the time; where there is another, it is done here.
        linked = await asyncio.create_subprocess_exec(
            "cp", "-al", str(source), str(self.python), stderr=asyncio.subprocess.DEVNULL
        )
        if await linked.wait() != 0:
            await asyncio.to_thread(shutil.rmtree, self.python, ignore_errors=True)
            await asyncio.to_thread(shutil.copytree, source, self.python, symlinks=True, copy_function=_link)
        self._state.write_text(json.dumps(asdict(contents)), encoding="utf-8")

    def keep(self, folder: Path, contents: Contents) -> None:
        """Keep the .heroku/python of a folder that is of no further use."""
        self.clear()
        self.python.parent.mkdir(parents=True, exist_ok=True)
        (folder / ".heroku" / "python").rename(self.python)
        self._state.write_text(json.dumps(asdict(contents)), encoding="utf-8")

    def clear(self) -> None:
        self._state.unlink(missing_ok=True)
        shutil.rmtree(self.python, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _differences(there: Contents, wanted: Contents) -> list[str]:
    reasons = []
    if there.stack != wanted.stack:
        reasons.append(f"The stack has changed from {there.stack} to {wanted.stack}")
    if there.python != wanted.python:
        reasons.append(f"The Python version has changed from {there.python} to {wanted.python}")
    elif there.base != wanted.base:
        reasons.append("The Python of this machine has changed")
    if there.manager != wanted.manager:
        reasons.append(f"The package manager has changed from {there.manager} to {wanted.manager}")
    elif there.lock != wanted.lock:
        reasons.append(f"The contents of {LOCKS[wanted.manager]} changed")
    return reasons


def fingerprint(folder: Path) -> str:
    """Changes when a file of the folder does; by names, sizes and times, for it may hold 20,000 files."""
    digest = hashlib.sha256()
    for path, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            about = os.lstat(f"{path}/{name}")
            digest.update(f"{path[len(str(folder)) :]}/{name} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
