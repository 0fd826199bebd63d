"""A build as the API knows it: a record, an output stream, and at the end a slug and a release."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.slug import BuiltSlug
from rehearsal.records import App, Build, Release, Slug, new_id
from rehearsal.world import World

# Brings the source's tarball to a path, or says where it is already; raises ValueError with a sentence.
Fetch = Callable[[Path], Awaitable[Path | None]]


class Building:
    """Builds in progress and done; the steps themselves are the builder's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """A build that was cut by the end of the last rehearsal has failed."""
        for build in self._world.store.all(Build, status="pending"):
            self._world.store.change(build, status="failed")

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def begin(
        self,
        app: App,
        source: Mapping[str, Any],
        fetch: Fetch,
        buildpacks: Sequence[str] = (),
    ) -> Build:
        """Start a build in the background."""
        build = Build(app_id=app.id, source=dict(source), stack=app.build_stack, buildpacks=tuple(buildpacks))
        self._world.store.put(build)
        self._world.logs.api(app.id, f"Build started by user {self._world.email}")
        task = self._world.spawn(self._run(app, build, fetch), name=f"build of {app.name}")
        self._tasks[build.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(build.id, None))
        return build

    async def finished(self, build: Build) -> Build:
        """Wait for the end of a build, and return the record as it is then."""
        if (task := self._tasks.get(build.id)) is not None:
            await asyncio.wait([task])
        return self._world.store.get(Build, build.id) or build

    async def cancel(self, build: Build) -> Build:
        """End a build that is still running; it counts as failed."""
        if (task := self._tasks.get(build.id)) is not None:
            task.cancel()
        return await self.finished(build)

    def pending(self, app: App) -> Build | None:
        return self._world.store.one(Build, app_id=app.id, status="pending")

    async def _run(self, app: App, build: Build, fetch: Fetch) -> None:
        world = self._world
        output = world.streams.get(build.stream_id)
        folder = world.home / "builds" / build.id
        tarball = folder / "source.tgz"
        version = str(build.source.get("version") or "")
        succeeded = False
        try:
            folder.mkdir(parents=True)
            output.write("\n")
            try:
                tarball = await fetch(tarball) or tarball
                made = await world.builder.build(
                    app, tarball, version=version, environ=world.releases.config(app),
                    buildpacks=list(build.buildpacks), output=output,
                )  # fmt: skip
            except BuildFailed:
                return
            except ValueError as error:
                output.write(f" !     {error}\n")
                return
            slug = self._keep(app, build, made)
            shown = version[:8] if version else slug.id[:8]
            release = await world.releases.create(app, f"Deploy {shown}", slug=slug)
            world.store.change(build, status="succeeded", slug_id=slug.id, release_id=release.id)
            output.write(f"       Released v{release.version}\n       {world.app_url(app.name)} deployed to Heroku\n")
            succeeded = True
        finally:
            if not succeeded:
                world.store.change(build, status="failed")
            world.logs.api(app.id, "Build succeeded" if succeeded else "Build failed -- check your build output")
            output.close()
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, True))

    def _keep(self, app: App, build: Build, made: BuiltSlug) -> Slug:
        return self._world.store.put(
            Slug(
                id=made.id or new_id(),
                app_id=app.id,
                folder=str(made.folder),
                process_types=dict(made.process_types),
                size=made.size,
                commit=made.commit or None,
                commit_description=build.source.get("version_description"),
                stack=made.stack,
                python=made.python,
                image=made.image,
                pythonhome=made.pythonhome,
                nltk=made.nltk,
                system_path=made.system_path,
            )
        )

    def release_of(self, build: Build) -> Release | None:
        return self._world.store.get(Release, build.release_id) if build.release_id else None
