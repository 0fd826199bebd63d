"""What runs on an app, held fast: this release and the very image or slug of it, whatever happens there meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolbelt.artifacts import copying
from toolbelt.artifacts.copying import Pinned
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import apps, releases, running, slugs
from toolbelt.heroku.apps import App
from toolbelt.heroku.releases import Release
from toolbelt.tools import Heroku

HISTORY = 200  # releases that are looked through for the images that run


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What is promoted. images: one for each process type, or none where it is a slug; slug: its id, or "";
    processes: their commands; commit: "" where nothing tells it."""

    heroku: Heroku
    app: App
    release: Release
    images: tuple[Pinned, ...]
    slug: str
    processes: Mapping[str, str]
    commit: str

    @property
    def name(self) -> str:
        return f"{self.app.name} {self.release.name}"

    @property
    def size(self) -> int:
        """Bytes of all its images, what they have in common once."""
        return sum(blob.size for blob in {blob for image in self.images for blob in image.blobs})

    def still(self) -> None:
        """Raises DeployFailed where the app has a newer release by now."""
        newest = releases.newest(self.heroku.client, self.app.name)
        if newest is None or newest.id == self.release.id:
            return
        flag = self.heroku.stage.flag
        raise DeployFailed(
            f"{self.app.name} has changed: {newest.name} is there now, and it was {self.release.name} that was to be promoted",
            finding=f"{newest.name}: {newest.description}. Nothing was released.",
            todo=f"When {newest.name} is verified, type the same again: it promotes what runs then; ./inv releases{flag}",
        )


def pin(heroku: Heroku) -> Origin:
    """What runs on the stage's app. Raises UsageError where there is nothing that could be promoted."""
    app = apps.info(heroku.client, heroku.app)
    history = list(releases.every(heroku.client, app.name, limit=HISTORY))
    release = _release(heroku, app, history)
    if release.slug:
        built = slugs.info(heroku.client, app.name, release.slug)
        processes = slugs.process_types(heroku.client, app.name, release.slug)
        return Origin(
            heroku=heroku, app=app, release=release, images=(), slug=release.slug, processes=processes, commit=built.commit
        )
    images = _images(heroku, history)
    return Origin(
        heroku=heroku,
        app=app,
        release=release,
        images=images,
        slug="",
        processes={image.process_type: image.command for image in images},
        commit=next((image.commit for image in images if image.commit), ""),
    )


def _release(heroku: Heroku, app: App, history: Sequence[Release]) -> Release:
    """The release that runs, if it is the newest one."""
    flag = heroku.stage.flag
    newest = history[0] if history else None
    if newest is None or (newest.status == "succeeded" and not newest.slug and not app.is_container):
        raise UsageError(f"{app.name} runs nothing yet that could be promoted", todo=f"./inv deploy{flag}")
    if newest.status == "pending":
        raise UsageError(
            f"The release phase of {heroku.app} {newest.name} is running: it is not known yet what will run",
            todo=f"./inv releases.output{flag} shows it; promote when it is verified",
        )
    if newest.status != "succeeded":
        raise UsageError(
            f"The newest release of {heroku.app}, {newest.name}, {newest.status}: that is not what is to be promoted",
            finding=f"{newest.name}: {newest.description}",
            todo=f"./inv releases.output {newest.name}{flag} tells why; mend it, ./inv deploy{flag}, and promote then",
        )
    return newest


def _images(heroku: Heroku, history: Sequence[Release]) -> tuple[Pinned, ...]:
    """The images that run, as the registry has them: only if they are the newest that it was given."""
    client, app, flag = heroku.client, heroku.app, heroku.stage.flag
    found = []
    for name, digest in sorted(running.images(client, app, history).items()):
        image = copying.pin(heroku.registry, app, name)
        if image is None or not running.same(image.digest, digest):
            there = image.digest.removeprefix("sha256:")[:12] if image else "none"
            raise UsageError(
                f"The registry's newest image of {app}/{name} is not the one that runs",
                finding=f"runs: {digest[:12]}, in the registry: {there}. Somebody has pushed another one without releasing it, "
                "or has rolled back; the image that runs can then no longer be named.",
                todo=f"./inv deploy{flag} of the commit that is to be promoted, and promote when it is verified",
            )
        found.append(image)
    if not found:
        raise UsageError(
            f"{app} runs no image yet, or Heroku does not tell which",
            todo=f"./inv deploy{flag}, and promote when it is verified",
        )
    return tuple(found)
