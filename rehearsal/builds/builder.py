"""Builds of all apps: source in, slug out."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rehearsal.builds import checks, compiling, manager, pack, pythons, source, versions
from rehearsal.builds.cache import Cache, fingerprint
from rehearsal.builds.compiling import Compiled, Job
from rehearsal.builds.engine import EngineFailed
from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.images import Images
from rehearsal.builds.place import ContainerPlace, FolderPlace, Place
from rehearsal.builds.pythons import Python
from rehearsal.builds.report import Report
from rehearsal.builds.slug import SYSTEM_PATH, BuiltSlug
from rehearsal.records import App, new_id

if TYPE_CHECKING:
    from rehearsal.world import World

PYTHON_BUILDPACKS = ("heroku/python", "https://github.com/heroku/heroku-buildpack-python", "urn:buildpack:heroku/python")


class Output(Protocol):
    def write(self, text: str) -> None: ...


class Builder:
    """Of one app, one build at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.images = Images(f"djheroku.rehearsal={world.label}")
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._found: list[Python] = []

    async def build(
        self,
        app: App,
        tarball: Path,
        *,
        version: str,
        environ: Mapping[str, str],
        buildpacks: Sequence[str],
        output: Output,
    ) -> BuiltSlug:
        """Build the source in the tarball with the app's config vars; version is the commit it comes from.

        Everything that Heroku prints goes to output as it happens, up to "Launching...". Raises BuildFailed, whose
        words have been printed already.
        """
        report = Report(output.write)
        async with self._turns[app.id]:
            identity = new_id()
            slug, scratch = self.world.home / "slugs" / identity, self.world.home / "builds" / identity
            cache = Cache(self._cache(app))
            job = Job(identity, app, version, environ, slug / "app", scratch / "config", cache, report)
            try:
                return await self._build(job, tarball, buildpacks)
            except (BuildFailed, EngineFailed) as failure:
                failed = failure if isinstance(failure, BuildFailed) else BuildFailed(str(failure), rejected="Push failed")
                report.error(failed.message)
                report.line(f" !     {failed.rejected}")
                await asyncio.to_thread(shutil.rmtree, slug, ignore_errors=True)
                raise failed from failure
            except BaseException:
                await asyncio.to_thread(shutil.rmtree, slug, ignore_errors=True)
                raise
            finally:
                await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    async def forget(self, app: App) -> None:
        """Remove the build cache of an app, as DELETE /apps/{app}/build-cache does."""
        async with self._turns[app.id]:
            await asyncio.to_thread(shutil.rmtree, self._cache(app), ignore_errors=True)

    def _cache(self, app: App) -> Path:
        return self.world.home / "cache" / app.id

    async def _build(self, job: Job, tarball: Path, buildpacks: Sequence[str]) -> BuiltSlug:
        report = job.report
        stack = job.app.build_stack
        if stack == "container":
            raise BuildFailed(
                """
                Your app does not include a heroku.yml build manifest. To deploy your app, either create a heroku.yml:
                https://devcenter.heroku.com/articles/build-docker-images-heroku-yml
                (which this rehearsal cannot build), push an image, or change your stack with heroku stack:set.
                """,
                rejected="Push failed",
            )
        report.step(f"Building on the {stack.replace('heroku', 'Heroku')} stack")
        await asyncio.to_thread(source.unpack, tarball, job.folder)
        gone = await asyncio.to_thread(source.apply_slugignore, job.folder)
        if gone:
            report.step(f"Deleting {gone} files matching .slugignore patterns.")
        _choose(buildpacks, report)
        checks.require_python(job.folder, chosen=bool(buildpacks))
        report.step("Python app detected")
        checks.require_stack(stack)
        job.config_folder.mkdir(parents=True, mode=0o700)
        for name, value in job.config.items():
            (job.config_folder / name).write_text(value, encoding="utf-8")
        place, run_image = await self._place(job)

        async def installed() -> None:
            python = await asyncio.to_thread(fingerprint, job.folder / ".heroku" / "python")
            await self._size_of_python(job.folder, python)
            if run_image:
                await self.images.of_python(job.folder, run_image=run_image, python=python)

        try:
            compiled = await compiling.run(job, place, find=self._python, installed=installed)
        finally:
            await place.close()
        return await self._finish(job, place, compiled, run_image)

    async def _place(self, job: Job) -> tuple[Place, str | None]:
        """Where the commands run, and with Docker the image that the slug will run in.

        An image is of one Python, so which one is found out beforehand; whatever is wrong with the app's request is
        said later, where the buildpack says it.
        """
        downloads = self.world.home / "cache" / "downloads"
        downloads.mkdir(parents=True, exist_ok=True)
        machine = dict(os.environ)  # noqa: TID251 (what this machine's programs need to find each other)
        if self.world.runtime.name != "docker":
            return FolderPlace(
                job.folder, cache=job.cache.folder, config=job.config_folder, downloads=downloads, machine=machine
            ), None
        minor = versions.DEFAULT
        try:
            minor = compiling.wanted(job, manager.determine(job.folder)).minor
            image = await self.images.build_image(minor, job.report.differs)
        except (BuildFailed, EngineFailed):
            minor = versions.DEFAULT
            image = await self.images.build_image(minor, job.report.differs)
        place = await ContainerPlace.start(
            job.folder, image=image, label=self.images.label, identity=job.id,
            cache=job.cache.folder, config=job.config_folder, downloads=downloads, machine=machine,
        )  # fmt: skip
        return place, await self.images.run_image(minor, job.report.differs)

    async def _python(self, place: Place, full: str) -> Python:
        """The Python nearest to a full version, in the place where the build is."""
        if isinstance(place, ContainerPlace):
            found = await pythons.probe(place, ["/usr/local/bin/python3", "/usr/bin/python3"], until=full)
        else:
            series = full.rpartition(".")[0]
            if not any(python.minor == series for python in self._found):
                self._found = await pythons.probe(place, pythons.on_this_machine(series), until=full)
            found = self._found
        nearest = pythons.nearest(full, found)
        if nearest is None:
            raise BuildFailed("Error: Unable to install Python.\n\nNo Python here can make virtual environments.")
        return nearest

    async def _finish(self, job: Job, place: Place, compiled: Compiled, run_image: str | None) -> BuiltSlug:
        report, folder = job.report, job.folder
        types = pack.process_types(folder)
        report.step("Discovering process types")
        report.indented(f"Procfile declares types -> {', '.join(types) or '(none)'}")
        report.line()
        python = await asyncio.to_thread(fingerprint, folder / ".heroku" / "python")
        rest = asyncio.to_thread(pack.compressed, folder, without=".heroku/python")
        size = await self._size_of_python(folder, python) + await rest
        pack.check_size(size, report)
        report.step("Launching...")
        image = None
        if run_image:
            image = await self.images.of_slug(folder, identity=job.id, run_image=run_image, python=python)
        return BuiltSlug(
            id=job.id, folder=folder, process_types=types, size=size, commit=job.commit, stack=job.app.build_stack,
            python=compiled.python, image=image, pythonhome=compiled.pythonhome, nltk=compiled.nltk,
            system_path=place.system["PATH"] if place.relocates else SYSTEM_PATH,
        )  # fmt: skip

    async def _size_of_python(self, folder: Path, python: str) -> int:
        """Bytes, compressed; computed once for what is in it."""
        known: int | None = self.world.store.note(f"size of {python}")
        if known is None:
            known = await asyncio.to_thread(pack.compressed, folder / ".heroku" / "python")
            self.world.store.note(f"size of {python}", known)
        return known


def _choose(buildpacks: Sequence[str], report: Report) -> None:
    """Say which buildpack builds the app. Raises BuildFailed for another than Python's, or for that one twice."""
    if not buildpacks:
        report.step("Determining which buildpack to use for this app")
        return
    for name in buildpacks:
        if not name.removesuffix(".git").startswith(PYTHON_BUILDPACKS):
            raise BuildFailed(f"This rehearsal has only heroku/python, and the app wants {name}.", rejected="Push failed")
        report.step(f"Using buildpack: {name}")
    if len(buildpacks) > 1:
        raise BuildFailed(
            """
            Error: The Python buildpack has already been run this build.

            Check the buildpacks set on your app and remove any duplicate
            Python buildpack entries:
            https://devcenter.heroku.com/articles/managing-buildpacks#view-your-buildpacks
            """
        )
