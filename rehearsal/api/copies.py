"""pg:copy: all that is in one database into another, at Heroku and not by way of anybody's machine."""

from __future__ import annotations

from aiohttp import web

from rehearsal.api.base import body, text, world_of
from rehearsal.api.transfers import COPY, begin, both, file, postgres
from rehearsal.records import Addon, Transfer
from rehearsal.world import World

routes = web.RouteTableDef()


@both(routes.post, "/client/v11/databases/{addon}/transfers")
async def copy(request: web.Request) -> web.Response:
    """From one address to another: the add-on is the target's, or the source's where the target is none of Heroku's."""
    world, addon, values = world_of(request), postgres(request), await body(request)
    source, target = (_at(world, text(values, key)) for key in ("from_url", "to_url"))

    async def work(world: World, _addon: Addon, made: Transfer) -> None:
        if source is None or target is None:
            raise RuntimeError("a rehearsal copies between its own databases only")
        path = file(world, made.id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            await world.addons.postgres(source).dump(path, label=made.id)
            world.store.change(made, size=path.stat().st_size)
            await world.addons.postgres(target).restore(path, label=made.id)
        finally:
            path.unlink(missing_ok=True)

    names = {"source": text(values, "from_name"), "target": text(values, "to_name")}
    return begin(request, addon, COPY, work, **names, source_id=source.id if source else None)


def _at(world: World, url: str) -> Addon | None:
    return next((each for each in world.store.all(Addon) if each.server.get("url") == url), None)
