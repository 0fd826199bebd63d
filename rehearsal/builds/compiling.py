"""bin/compile of the buildpack: a folder of source gets its Python, its dependencies and its static files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rehearsal.builds import checks, dependencies, django, hooks, manager, pythons, versions
from rehearsal.builds.cache import Cache, Contents
from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.place import Place
from rehearsal.builds.pythons import Python
from rehearsal.builds.report import Report
from rehearsal.records import App


@dataclass(frozen=True)
class Job:
    """One build: what it is of, and where it happens on this machine."""

    id: str
    app: App
    commit: str
    config: Mapping[str, str]
    folder: Path  # the source, and later the slug
    config_folder: Path
    cache: Cache
    report: Report


@dataclass(frozen=True)
class Compiled:
    """What dynos must know of it: the version of its Python, whether PYTHONHOME may point to it, whether it has corpora."""

    python: str
    pythonhome: bool
    nltk: bool


def wanted(job: Job, package_manager: manager.Manager) -> versions.Requested:
    """The Python that the app asks for."""
    before = job.cache.contents()
    return versions.requested(job.folder, package_manager, before.python if before else None)


async def run(
    job: Job,
    place: Place,
    *,
    find: Callable[[Place, str], Awaitable[Python]],
    installed: Callable[[], Awaitable[None]],
) -> Compiled:
    """Compile the app. find gives the nearest Python to a version; installed is begun as soon as .heroku/python is
    complete, for work that need not wait for the rest. Raises BuildFailed."""
    folder, report, config = job.folder, job.report, job.config
    environ = build_environ(job, place)
    await hooks.run("pre_compile", place, folder, environ=environ, config=config, report=report)
    checks.refuse_python_folder(folder)
    package_manager = manager.determine(folder)
    checks.refuse_virtual_environment(folder)

    request = wanted(job, package_manager)
    report.step(_chosen(request))
    full = versions.resolve(request)
    for remark in versions.remarks(request, full, package_manager):
        report.warning(remark)

    python = await find(place, full)
    contents = Contents.of(
        folder, stack=job.app.build_stack, python=full, base=f"{python.version} {python.executable}",
        manager=package_manager,
    )  # fmt: skip
    cached = await asyncio.to_thread(job.cache.restore, folder, contents, report)
    if cached:
        pythons.say_if_other(python, full, report)
        report.step(f"Using cached install of Python {python.version}")
        contents = replace(contents, home=cached.home)
    else:
        contents = replace(contents, home=await pythons.install(place, folder, python, full=full, report=report))

    work = dependencies.Install(folder, environ, config, python)
    await dependencies.install(package_manager, place, work, report)
    if place.relocates:
        await asyncio.to_thread(pythons.make_relocatable, folder)
    ahead = asyncio.ensure_future(installed())
    try:
        nltk = await django.corpora(place, folder, environ=environ, config=config, report=report)
        await django.collectstatic(place, folder, environ=environ, config=config, report=report)
        await hooks.run("post_compile", place, folder, environ=environ, config=config, report=report)
    except BuildFailed:
        await asyncio.gather(ahead, return_exceptions=True)
        # The dependencies are good: the next attempt need not install them again.
        await asyncio.to_thread(job.cache.keep, folder, contents)
        raise
    except BaseException:
        ahead.cancel()
        raise
    report.step("Saving cache")
    await job.cache.save(folder, contents)
    await ahead
    return Compiled(python.version, contents.home, nltk)


def build_environ(job: Job, place: Place) -> dict[str, str]:
    """What every command of the build has in its environ."""
    python = f"{place.paths.home}/.heroku/python"
    return {
        **place.system,
        "PATH": f"{python}/bin:{place.system['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "LANG": "en_US.UTF-8",
        "C_INCLUDE_PATH": f"{python}/include",
        "CPLUS_INCLUDE_PATH": f"{python}/include",
        "LIBRARY_PATH": f"{python}/lib",
        "LD_LIBRARY_PATH": f"{python}/lib",
        "PKG_CONFIG_PATH": f"{python}/lib/pkg-config",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "BUILD_DIR": place.paths.build,
        "CACHE_DIR": place.paths.cache,
        "ENV_DIR": place.paths.config,
        "STACK": job.app.build_stack,
        "SOURCE_VERSION": job.commit,
        "REQUEST_ID": job.id,
    }


def _chosen(request: versions.Requested) -> str:
    if request.origin == "default":
        return f"No Python version was specified. Using the buildpack default: Python {request.version}"
    if request.origin == "cached":
        return f"No Python version was specified. Using the same major version as the last build: Python {request.version}"
    return f"Using Python {request.version} specified in {request.origin}"
