"""The app's dependencies, installed with the manager it uses and the buildpack's arguments (lib/{pip,uv,...}.sh)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.manager import Manager
from rehearsal.builds.place import FolderPlace, Place
from rehearsal.builds.pythons import Python
from rehearsal.builds.report import Report

# requirements/*.txt of the buildpack.
TOOLS = {"uv": "0.12.5", "poetry": "2.4.1", "pipenv": "2026.7.1"}
NAMES = {"pip": "pip", "uv": "uv", "poetry": "Poetry", "pipenv": "Pipenv"}
INSIDE = re.compile(r" in \S*/\.heroku/python/lib/python[0-9.]+/site-packages")
PSYCOPG2 = re.compile(r"^psycopg2(?![\w.-])[ \t]*([=~<>!][^;\\#\n]*)?[^\n\\]*((\\\n)[^\n]*?)*(?<!\\)$", re.MULTILINE)


@dataclass(frozen=True)
class Install:
    """What an installation needs to know beside the place: the build's environ, the app's config vars, the source."""

    folder: Path
    environ: Mapping[str, str]
    config: Mapping[str, str]
    python: Python


async def install(manager: Manager, place: Place, work: Install, report: Report) -> None:
    """Install into .heroku/python. Raises BuildFailed, after the manager's own words."""
    if manager == "pip":
        status = await _pip(place, work, report)
    else:
        status = await _with_tool(manager, place, work, report)
    if status != 0:
        raise BuildFailed(
            f"Error: Unable to install dependencies using {NAMES[manager]}.\n\nSee the log output above for more information."
        )


async def _pip(place: Place, work: Install, report: Report) -> int:
    environ = {**work.environ, "PIP_CACHE_DIR": f"{place.paths.downloads}/pip"}
    if extra := work.config.get("PIP_EXTRA_INDEX_URL"):
        environ["PIP_EXTRA_INDEX_URL"] = extra
    installed = sorted(work.folder.glob(".heroku/python/lib/python3*/site-packages/pip-*.dist-info"))
    report.step("Installing pip " + (installed[-1].name.split("-")[1].removesuffix(".dist") if installed else ""))
    report.step("Installing dependencies using 'pip install -r requirements.txt'")

    def write(line: str) -> None:
        report.write("       " + INSIDE.sub("", line))

    arguments = ["--exists-action=w", "--no-input", "--progress-bar", "off"]
    arguments.append(f"--src={place.paths.home}/.heroku/python/src")
    source = work.folder / "requirements.txt"
    wheel = None
    if isinstance(place, FolderPlace) and (wheel := instead_of_psycopg2(source, work.python)):
        report.differs(f"No compiler and libpq for psycopg2 on this machine: {wheel[0]} in its place; Heroku compiles.")
    if wheel is None:
        return await place.run(["pip", "install", "-r", "requirements.txt", *arguments], environ=environ, write=write)
    # pip checks all hashes of a file or none, and the file has none for the wheel.
    rest = work.folder / ".requirements-without-psycopg2.txt"
    rest.write_text(wheel[1], encoding="utf-8")
    try:
        status = await place.run(["pip", "install", "-r", rest.name, *arguments], environ=environ, write=write)
    finally:
        rest.unlink(missing_ok=True)
    if status != 0:
        return status
    alone = ["pip", "install", "--no-deps", "--only-binary", ":all:", wheel[0], *arguments[:-1]]
    return await place.run(alone, environ=environ, write=write)


def instead_of_psycopg2(requirements: Path, python: Python) -> tuple[str, str] | None:
    """The wheel to install instead, and the requirements without psycopg2; None where it can be compiled or is not asked for."""
    text = requirements.read_text(encoding="utf-8", errors="replace")
    found = PSYCOPG2.search(text)
    if found is None or can_compile(python):
        return None
    version = (found[1] or "").replace(" ", "")
    return f"psycopg2-binary{version}", PSYCOPG2.sub("", text, count=1)


def can_compile(python: Python) -> bool:
    """Whether psycopg2 can be compiled here: a compiler, libpq's headers, and Python's."""
    if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        return False
    config = shutil.which("pg_config")
    if config is None:
        return False
    prefix = Path(config).resolve().parent.parent
    headers = [*Path("/usr/include").glob("**/libpq-fe.h"), *(prefix / "include").glob("**/libpq-fe.h")]
    base = Path(python.executable).resolve().parent.parent
    return bool(headers) and bool([*base.glob(f"include/python{python.minor}*/Python.h")])


async def _with_tool(manager: Manager, place: Place, work: Install, report: Report) -> int:
    tool = f"{place.paths.cache}/.heroku/python-{manager}"
    version = TOOLS[manager]
    there = await place.run([f"{tool}/bin/{manager}", "--version"], environ=place.system, write=_nothing) == 0 \
        if await _exists(place, f"{tool}/bin/{manager}") else False  # fmt: skip
    report.step(f"{'Using cached' if there else 'Installing'} {NAMES[manager]} {version}")
    if not there:
        await _install_tool(manager, tool, place, work, report)
    target = f"{place.paths.home}/.heroku/python"
    environ = {**work.environ, **SETTINGS[manager](target)}
    environ["UV_CACHE_DIR"] = f"{place.paths.downloads}/uv"
    if manager == "pipenv" and (extra := work.config.get("PIP_EXTRA_INDEX_URL")):
        environ["PIP_EXTRA_INDEX_URL"] = extra
    shown, hidden = COMMANDS[manager]
    report.step(f"Installing dependencies using '{' '.join(shown)}'")

    def write(line: str) -> None:
        if "Skipping virtualenv creation" not in line:
            report.indented(line.rstrip("\n"))

    # By its path: beside it lies a python of its own, which must not become the app's.
    return await place.run([f"{tool}/bin/{shown[0]}", *shown[1:], *hidden], environ=environ, write=write)


COMMANDS = {
    "uv": (
        ["uv", "sync", "--locked", "--no-default-groups"],
        ["--color", "always", "--compile-bytecode", "--no-progress"],
    ),
    "poetry": (["poetry", "sync", "--only", "main"], ["--compile", "--no-ansi", "--no-interaction"]),
    "pipenv": (["pipenv", "install", "--deploy"], []),
}
SETTINGS = {
    "uv": lambda target: {
        "UV_PROJECT_ENVIRONMENT": target,
        "UV_NO_MANAGED_PYTHON": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "hardlink",
        "UV_PYTHON": f"{target}/bin/python",
    },
    # The last of each: Heroku's is the system's Python, ours a virtual environment.
    "poetry": lambda target: {
        "POETRY_VIRTUALENVS_CREATE": "false",
        "VIRTUAL_ENV": target,
    },
    "pipenv": lambda target: {
        "PIPENV_SYSTEM": "1",
        "PIPENV_VERBOSITY": "-1",
        "PIPENV_NOSPIN": "1",
        "PIP_SRC": f"{target}/src",
        "VIRTUAL_ENV": target,
    },
}


async def _install_tool(manager: Manager, tool: str, place: Place, work: Install, report: Report) -> None:
    environ = {**place.system, "PIP_CACHE_DIR": f"{place.paths.downloads}/pip", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    said: list[str] = []
    status = await place.run([work.python.executable, "-m", "venv", tool], environ=environ, write=said.append)
    install = [f"{tool}/bin/pip", "install", "--quiet", "--no-input"]
    if status == 0:
        status = await place.run([*install, f"{manager}=={TOOLS[manager]}"], environ=environ, write=said.append)
    if status != 0:
        report.differs(f"Heroku would use {NAMES[manager]} {TOOLS[manager]}; it cannot be had here, the newest can.")
        status = await place.run([*install, manager], environ=environ, write=said.append)
    if status != 0:
        report.write("".join(f"       {line}" for line in said))
        raise BuildFailed(
            f"Error: Unable to install {NAMES[manager]}.\n\n"
            "In some cases, this happens due to a temporary issue with\n"
            "the network connection or Python Package Index (PyPI)."
        )


async def _exists(place: Place, path: str) -> bool:
    return await place.run(["test", "-x", path], environ=place.system, write=_nothing) == 0


def _nothing(_: str) -> None:
    pass
