"""A Python of this machine, laid out as ``.heroku/python``: the version asked for, or the nearest one there is."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.place import Place
from rehearsal.builds.report import Report

PROBE = "import ensurepip, sys, venv; print('%d.%d.%d' % sys.version_info[:3], sys.executable)"
# Heroku's .heroku/python is a whole installation, and PYTHONHOME points to it. A virtual environment has no standard
# library of its own; with links to it, it can be a PYTHONHOME too, and what breaks by PYTHONHOME there breaks here.
LINK = """
import os, sys, sysconfig
for name in ("stdlib", "platstdlib"):
    library = sysconfig.get_path(name)
    there = os.path.join(sys.argv[1], os.path.relpath(library, sys.base_prefix))
    os.makedirs(there, exist_ok=True)
    for entry in os.listdir(library):
        link = os.path.join(there, entry)
        if entry not in ("site-packages", "dist-packages") and not os.path.lexists(link):
            os.symlink(os.path.join(library, entry), link)
scripts = os.path.join(sys.argv[1], "bin")
for name in os.listdir(scripts):
    if name.lower().startswith("activate"):
        os.remove(os.path.join(scripts, name))
"""
# Starts the interpreter beside the script, wherever both were moved to (PEP 723 tools and uv write the same).
SHEBANG = b"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n"


@dataclass(frozen=True)
class Python:
    version: str
    executable: str

    @property
    def minor(self) -> str:
        return self.version.rpartition(".")[0]


def on_this_machine(wanted: str, *, which: Callable[[str], str | None] = shutil.which, home: Path | None = None) -> list[str]:
    """Where a Python may be, the wanted series first: on PATH, of pyenv, of uv, and the one that runs this."""
    series = sorted((f"3.{minor}" for minor in range(10, 16)), key=lambda each: each != wanted)
    home = home or Path.home()
    found: list[str] = []
    for each in series:
        for pattern in (f".pyenv/versions/{each}.*/bin/python3", f".local/share/uv/python/cpython-{each}.*/bin/python3"):
            found += sorted(map(str, home.glob(pattern)))
        if path := which(f"python{each}"):
            found.append(path)
    found += [path for path in (which("python3"), str(Path(sys.base_prefix) / "bin" / "python3")) if path]
    # pyenv's shims start one of its versions, which are in the list already, or none.
    return [path for path in dict.fromkeys(found) if "/.pyenv/shims/" not in path]


async def probe(place: Place, candidates: Iterable[str], *, until: str) -> list[Python]:
    """Those of the candidates that start and can make virtual environments; none after the first of the wanted series."""
    found: dict[str, Python] = {}
    for candidate in candidates:
        said: list[str] = []
        try:
            status = await place.run([candidate, "-I", "-c", PROBE], environ=place.system, write=said.append)
        except OSError:
            continue
        if status == 0 and said:
            version, _, executable = said[-1].strip().partition(" ")
            found.setdefault(version, Python(version, executable or candidate))
            if version.startswith(until.rpartition(".")[0] + "."):
                break
    return list(found.values())


def nearest(wanted: str, found: Iterable[Python]) -> Python | None:
    """The Python whose series is nearest to the wanted full version; of two as near, and of one series, the newer."""

    def distance(python: Python) -> tuple[int, int, int]:
        minor, patch = map(int, python.version.split(".")[1:3])
        return abs(minor - int(wanted.split(".")[1])), -minor, -patch

    return min(found, key=distance, default=None)


async def install(place: Place, folder: Path, python: Python, *, full: str, report: Report) -> bool:
    """Make .heroku/python in the folder; returns whether it can be PYTHONHOME. full: the version Heroku would install.

    A bare one of each Python is kept and copied: making one takes seconds.
    """
    say_if_other(python, full, report)
    report.step(f"Installing Python {python.version}")
    target = f"{place.paths.home}/.heroku/python"
    kind = hashlib.sha256(f"{python.executable} {place.relocates}".encode()).hexdigest()[:8]
    bare = f"{place.paths.downloads}/python-{python.version}-{kind}"
    if await _quietly(place, "cp", "-a", bare, target) != 0:
        said: list[str] = []
        if await place.run([python.executable, "-m", "venv", target], environ=place.system, write=said.append) != 0:
            report.write("".join(f"       {line}" for line in said))
            raise BuildFailed(f"Error: Unable to install Python.\n\n{python.executable} makes no virtual environment.")
        await _quietly(place, python.executable, "-I", "-c", LINK, target)
        if place.relocates:
            make_relocatable(folder)
        # Two builds at once make two, and one of them stays.
        keep = 'cp -a "$1" "$2.$$" && { [ -e "$2" ] || mv "$2.$$" "$2"; }; rm -rf "$2.$$"'
        await _quietly(place, "sh", "-c", keep, "sh", target, bare)
    return await can_be_home(place)


async def _quietly(place: Place, *argv: str) -> int:
    return await place.run(argv, environ=place.system, write=lambda _: None)


def say_if_other(python: Python, full: str, report: Report) -> None:
    """Where the Python is of another series than the one asked for: say what Heroku would use."""
    if python.minor != full.rpartition(".")[0]:
        report.differs(f"Heroku would use Python {full}; this rehearsal uses {python.version}, the nearest there is.")


async def can_be_home(place: Place) -> bool:
    target = f"{place.paths.home}/.heroku/python"
    environ: Mapping[str, str] = {**place.system, "PYTHONHOME": target}
    try:
        words = [f"{target}/bin/python", "-c", "import encodings, pip, site, ssl"]
        return await place.run(words, environ=environ, write=lambda _: None) == 0
    except OSError:
        return False


def make_relocatable(folder: Path) -> None:
    """Let the scripts in .heroku/python/bin find their interpreter beside them: the slug is built in another place
    than it runs in."""
    scripts = folder / ".heroku" / "python" / "bin"
    for script in scripts.iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        text = script.read_bytes()
        first, _, rest = text.partition(b"\n")
        if first == b"#!/bin/sh" and rest.startswith(b"'''exec' "):  # pip's form, where the path is long
            line, _, rest = rest.partition(b"\n' '''\n")
            first = b"#!" + line
        if first.startswith(b"#!") and b"/.heroku/python/bin/python" in first:
            mode = script.stat().st_mode
            # A new file: the cache may share the old one.
            fresh = script.with_name(f".{script.name}.new")
            fresh.write_bytes(SHEBANG + rest)
            fresh.chmod(mode)
            fresh.replace(script)
