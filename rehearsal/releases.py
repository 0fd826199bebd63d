"""Releases: code and config vars under a new number, the release phase, and then the dynos."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from rehearsal.builds.engine import exists
from rehearsal.records import Addon, App, ConfigVars, Formation, Image, Release, Slug, new_id, now
from rehearsal.registry import ImageUnavailable
from rehearsal.world import World

log = logging.getLogger("rehearsal")


class Releases:
    """All releases of all apps."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._removed: set[str] = set()  # images that were removed from the engine since the start
        self._phases: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """A release phase that was cut by the end of the last rehearsal has failed."""
        for release in self._world.store.all(Release, status="pending"):
            self._world.store.change(release, status="failed")

    async def stop(self) -> None:
        for task in self._phases.values():
            task.cancel()
        await asyncio.gather(*self._phases.values(), return_exceptions=True)

    async def forget(self, app: App) -> None:
        """The app is destroyed: no release of it goes on."""
        tasks = [task for identity, task in self._phases.items() if any(identity == each.id for each in self.of(app))]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def of(self, app: App) -> list[Release]:
        """Oldest first."""
        return sorted(self._world.store.all(Release, app_id=app.id), key=lambda release: release.version)

    def current(self, app: App) -> Release | None:
        """The release that runs: the newest that succeeded, if it has any code."""
        release = self.newest_succeeded(app)
        return release if release is not None and (release.images or release.slug_id) else None

    def newest_succeeded(self, app: App) -> Release | None:
        return next((each for each in reversed(self.of(app)) if each.status == "succeeded"), None)

    def config(self, app: App) -> dict[str, str]:
        """The app's config vars as they are now."""
        record = self._world.store.one(ConfigVars, app_id=app.id)
        return dict(record.values) if record else {}

    def set_config(self, app: App, values: Mapping[str, str]) -> None:
        record = self._world.store.one(ConfigVars, app_id=app.id)
        if record is None:
            self._world.store.put(ConfigVars(app_id=app.id, values=dict(values)))
        else:
            self._world.store.change(record, values=dict(values))

    async def create(
        self,
        app: App,
        description: str,
        *,
        slug: Slug | None = None,
        images: Mapping[str, Image] | None = None,
    ) -> Release:
        """Make a release with new code, or with the current code and the config vars as they are now.

        Returns at once: with status pending if there is a release phase, which goes on in the background.
        """
        base = self.newest_succeeded(app)
        everything = self.of(app)
        kept_images = dict(base.images) if base else {}
        release = Release(
            app_id=app.id,
            version=everything[-1].version + 1 if everything else 1,
            description=description,
            slug_id=slug.id if slug else None if images is not None else (base.slug_id if base else None),
            images=dict(images) if images is not None else {} if slug else kept_images,
            config=self.config(app),
            addon_plan_names=tuple(addon.plan for addon in self._world.store.all(Addon, app_id=app.id)),
            commit=slug.commit if slug else base.commit if base and images is None else None,
        )
        new_code = slug is not None or images is not None
        command = self._phase_command(release)
        if command is not None:
            release = replace(release, status="pending", stream_id=new_id())
        self._world.store.put(release)
        self._world.logs.api(app.id, f"{description} by user {self._world.email}")
        self._world.logs.api(app.id, f"Release v{release.version} created by user {self._world.email}")
        if new_code:
            self._adapt_formation(app, release)
        work = self._see_through(app, release, command, new_code=new_code)
        task = self._world.spawn(work, name=f"release v{release.version} of {app.name}")
        self._phases[release.id] = task
        task.add_done_callback(lambda _: self._phases.pop(release.id, None))
        return release

    def _phase_command(self, release: Release) -> str | None:
        """What the release phase runs; None if there is none. Of an image it is the CMD, whatever a Procfile says."""
        if release.images:
            image = release.images.get("release")
            return image.command if image else None
        slug = self._world.store.get(Slug, release.slug_id) if release.slug_id else None
        return slug.process_types.get("release") if slug else None

    def process_types(self, release: Release) -> dict[str, str]:
        """Process types with their commands; the release phase is none that can be scaled."""
        if release.images:
            types = {type_: image.command for type_, image in release.images.items()}
        else:
            slug = self._world.store.get(Slug, release.slug_id) if release.slug_id else None
            types = dict(slug.process_types) if slug else {}
        return types

    def _adapt_formation(self, app: App, release: Release) -> None:
        """Entries for the release's process types; with an app's first code, one web dyno and none of the others."""
        store = self._world.store
        known = {entry.type: entry for entry in store.all(Formation, app_id=app.id)}
        types = self.process_types(release)
        for type_, command in types.items():
            if type_ in known:
                store.change(known[type_], command=command)
            else:
                first = type_ == "web" and not known
                store.put(Formation(app_id=app.id, type=type_, command=command, quantity=1 if first else 0))
        for type_, entry in known.items():
            if type_ not in types:
                store.delete(entry)

    async def _see_through(self, app: App, release: Release, command: str | None, *, new_code: bool) -> None:
        async with self._turns[app.id]:
            if command is not None and not await self._phase(app, release, command):
                return
            self._world.store.change(release, status="succeeded")
            changes: dict[str, object] = {"released_at": now()}
            slug = self._world.store.get(Slug, release.slug_id) if release.slug_id else None
            if new_code:
                changes |= {"stack": slug.stack if slug else "container", "slug_size": slug.size if slug else None}
            app = self._world.store.change(app, **changes)
            if (current := self.current(app)) is not None:
                await self._world.dynos.replace(app, current)
            await self._expire(app)

    async def _expire(self, app: App) -> None:
        """Old slugs go, and their releases with them, as on Heroku after 30 days and 20 releases; here disks are small.

        Images of old releases only leave the engine: the registry still has them.
        """
        current = self.current(app)
        kept = self._world.settings.kept_slugs
        # A slug is as new as the newest release that has it: a rollback keeps an old one.
        used = dict.fromkeys(each.slug_id for each in reversed(self.of(app)) if each.slug_id and each.status != "failed")
        slugs = self._world.store.all(Slug, app_id=app.id)
        fresh = {*list(used)[:kept], *(slug.id for slug in slugs[-kept:])}
        for slug in slugs:
            if slug.id in fresh or (current is not None and slug.id == current.slug_id):
                continue
            for release in self._world.store.all(Release, app_id=app.id, slug_id=slug.id):
                self._world.store.change(release, status="expired")
            await self.remove(slug)
        with_images = [release for release in self.of(app) if release.images]
        needed = {image.ref for release in with_images[-kept:] for image in release.images.values()}
        needed |= {image.ref for image in current.images.values()} if current is not None else set()
        await self.remove_images(with_images[:-kept], but=needed)

    async def remove_images(self, releases: list[Release], *, but: Collection[str] = ()) -> None:
        """Remove images of these releases from the engine, unless another app has them too."""
        if self._world.runtime.name != "docker":
            return
        apps = {release.app_id for release in releases}
        others = {
            image.ref for each in self._world.store.all(Release) if each.app_id not in apps for image in each.images.values()
        }
        refs = {image.ref for release in releases for image in release.images.values()}
        for ref in sorted(refs - set(but) - others - self._removed):
            self._removed.add(ref)
            await self._world.builder.images.remove(ref)

    async def present(self, app: App, images: Mapping[str, Image]) -> dict[str, Image]:
        """The same images, in the engine again if they have left it. Raises registry.ImageUnavailable."""
        if images and self._world.runtime.name != "docker":
            raise ImageUnavailable("an image needs a Docker engine")
        found = dict(images)
        for type_, image in images.items():
            if not await exists(image.ref):
                found[type_] = replace(image, ref=await self._world.registry.pull(app, type_, image.digest))
            self._removed.discard(image.ref)
        return found

    async def remove(self, slug: Slug) -> None:
        """Forget a slug, with its folder and its image; one that was promoted is from now on the other app's."""
        promoted = [each for each in self._world.store.all(Release, slug_id=slug.id) if each.app_id != slug.app_id]
        if heir := next((each.app_id for each in promoted if each.status in ("succeeded", "pending")), None):
            self._world.store.change(slug, app_id=heir)
            return
        self._world.store.delete(slug)
        if slug.image and self._world.runtime.name == "docker":
            await self._world.builder.images.remove(slug.image)
        await asyncio.to_thread(shutil.rmtree, Path(slug.folder).parent, True)

    async def _phase(self, app: App, release: Release, command: str) -> bool:
        """Run the release command in a one-off dyno of the new release; whether it succeeded."""
        assert release.stream_id is not None
        output = self._world.streams.get(release.stream_id)
        logs = self._world.logs
        logs.api(app.id, f"Running release v{release.version} commands by user {self._world.email}")
        status = 1
        try:
            dyno = await self._world.dynos.one_off(
                app, command, type_="release", image_of="release", release=release, output=output,
                own_command=bool(release.images), limit=self._world.settings.release_timeout,
            )  # fmt: skip
            await dyno.ended.wait()
            status = 1 if dyno.status is None else dyno.status
        finally:
            if status != 0:
                self._world.store.change(release, status="failed")
                logs.api(app.id, f"Release v{release.version} command failed: exit status {status}")
            output.close()
        return status == 0

    async def finished(self, release: Release) -> Release:
        """Wait until the release phase is over and the new dynos were asked for."""
        if (task := self._phases.get(release.id)) is not None:
            await asyncio.wait([task])
        return self._world.store.get(Release, release.id) or release
