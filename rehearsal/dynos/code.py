"""Which part of a release a dyno runs."""

from __future__ import annotations

from rehearsal.records import Image, Release, Slug
from rehearsal.world import World


def of(world: World, release: Release, type_: str) -> tuple[str | None, Slug | Image | None]:
    """What a process type of a release runs: command (None: the image's own) and code (None: there is none)."""
    if release.images:
        image = release.images.get(type_)
        return None, image
    slug = world.store.get(Slug, release.slug_id) if release.slug_id else None
    return (slug.process_types.get(type_) if slug else None), slug


def of_one_off(world: World, release: Release, type_: str) -> Slug | Image | None:
    """The code for a one-off dyno: of that process type, else of web, else of any."""
    _, code = of(world, release, type_)
    if code is None and release.images:
        code = release.images.get("web") or next(iter(release.images.values()))
    return code
