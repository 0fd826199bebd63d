"""The environ of a dyno: only what Heroku sets, and nothing of this machine's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.builds.slug import BuiltSlug
from rehearsal.records import Feature, Slug

if TYPE_CHECKING:
    from rehearsal.dynos.dyno import Dyno
    from rehearsal.world import World


def built(slug: Slug) -> BuiltSlug:
    """The slug as its builder knows it."""
    return BuiltSlug(
        id=slug.id, folder=Path(slug.folder), process_types=slug.process_types, size=slug.size,
        commit=slug.commit or "", stack=slug.stack, python=slug.python, image=slug.image,
        pythonhome=slug.pythonhome, nltk=slug.nltk, system_path=slug.system_path,
    )  # fmt: skip


def of(world: World, dyno: Dyno, port: int | None) -> Callable[[str], dict[str, str]]:
    """Config vars of the release, metadata where it is switched on, DYNO and PORT; for a slug what its buildpack makes of them.

    A function of the place where the dyno sees its slug, which only the runtime knows.
    """

    def at(home: str) -> dict[str, str]:
        values = {**dyno.release.config, **_metadata(world, dyno)}
        if isinstance(dyno.code, Slug):
            memory = dyno.size.megabytes
            values = built(dyno.code).environ(home=home, memory_mb=memory, config={**values, **dyno.extra})
            values["HOME"] = home
        values |= {**dyno.extra, "DYNO": dyno.name}
        if port is not None:
            values["PORT"] = str(port)
        return values

    return at


def _metadata(world: World, dyno: Dyno) -> dict[str, str]:
    def on(name: str) -> bool:
        feature = world.store.one(Feature, app_id=dyno.app.id, name=name)
        return feature is not None and feature.enabled

    values: dict[str, str] = {}
    slug = dyno.code if isinstance(dyno.code, Slug) else None
    # A container release has no slug, and so neither commit nor description on Heroku either.
    if on("runtime-dyno-metadata"):
        values |= {
            "HEROKU_APP_ID": dyno.app.id,
            "HEROKU_APP_NAME": dyno.app.name,
            "HEROKU_APP_DEFAULT_DOMAIN_NAME": f"{dyno.app.name}.localhost",
            "HEROKU_DYNO_ID": dyno.id,
            "HEROKU_RELEASE_VERSION": f"v{dyno.release.version}",
            "HEROKU_RELEASE_CREATED_AT": dyno.release.created_at,
        }
        if slug and slug.commit:
            description = slug.commit_description or ""
            values |= {"HEROKU_SLUG_COMMIT": slug.commit, "HEROKU_SLUG_DESCRIPTION": description}
    if on("runtime-dyno-build-metadata") and slug and slug.commit:
        values |= {"HEROKU_BUILD_COMMIT": slug.commit, "HEROKU_BUILD_DESCRIPTION": slug.commit_description or ""}
    return values
