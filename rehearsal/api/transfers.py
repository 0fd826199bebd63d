"""Transfers of api.data.heroku.com: what backups, restores and copies have in common. Listed, looked at, cancelled, deleted.

Undocumented at Heroku; paths and members are those that its CLI asks for (src/commands/pg/backups, src/lib/pg).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from rehearsal import records, sources
from rehearsal.api import addons
from rehearsal.api.base import answer, app_of, world_of
from rehearsal.api.errors import ApiError, invalid, not_found
from rehearsal.builds.engine import EngineFailed
from rehearsal.records import Addon, App, Attachment, Transfer
from rehearsal.world import World

routes = web.RouteTableDef()

BACKUP, RESTORE, COPY = "backup", "restore", "copy"
TYPES = {BACKUP: ("pg_dump", "gof3r"), RESTORE: ("gof3r", "pg_restore"), COPY: ("pg_dump", "pg_restore")}
LETTERS = {BACKUP: "b", RESTORE: "r", COPY: "c"}
# What is at work on a transfer, by the transfer's id.
WORK: web.AppKey[dict[str, asyncio.Task[Any]]] = web.AppKey("work on transfers", dict)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def both(register: Callable[[str], Callable[[Handler], Handler]], path: str) -> Callable[[Handler], Handler]:
    """Answer where the CLI asks, and below /data, which rehearsal.json names."""

    def decorate(handler: Handler) -> Handler:
        return register(f"/data{path}")(register(path)(handler))

    return decorate


@both(routes.get, "/client/v11/apps/{app}/transfers")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    return answer([shape(world, each) for each in world.store.all(Transfer, app_id=app.id)])


@both(routes.get, "/client/v11/apps/{app}/transfers/{transfer}")
async def info(request: web.Request) -> web.Response:
    found = find(request)
    logs = [{"created_at": found.updated_at, "level": "info", "message": line} for line in found.log]
    return answer(shape(world_of(request), found) | ({"logs": logs} if request.query.get("verbose") == "true" else {}))


@both(routes.post, "/client/v11/apps/{app}/transfers/{transfer}/actions/cancel")
async def cancel(request: web.Request) -> web.Response:
    """End what is at work. Of a restore or a copy half is in the database then; what was there before is gone."""
    world, found = world_of(request), find(request)
    work = request.app[WORK].get(found.id)
    if found.finished_at or work is None:
        raise invalid("This transfer has ended already.")
    world.store.change(found, canceled_at=records.now())
    for addon in filter(None, (world.store.get(Addon, found.addon_id), world.store.get(Addon, found.source_id or ""))):
        await world.addons.postgres(addon).end(found.id)
    work.cancel()
    await asyncio.wait({work})
    return answer(shape(world, find(request)))


@both(routes.delete, "/client/v11/apps/{app}/transfers/{transfer}")
async def delete(request: web.Request) -> web.Response:
    """Forget it, and throw away the file of a backup."""
    world, found = world_of(request), find(request)
    if found.finished_at is None:
        raise invalid("This transfer has not ended yet.")
    told = shape(world, found)
    world.store.delete(found)
    file(world, found.id).unlink(missing_ok=True)
    return answer(told | {"deleted_at": records.now()})


# --- for backups, restores and copies ---------------------------------------------------------------------------------


def postgres(request: web.Request) -> Addon:
    """The add-on that the address names."""
    addon = addons.find(world_of(request), request.match_info["addon"])
    if addon.service != "heroku-postgresql" or addon.state != "provisioned":
        raise ApiError(404, "not_found", "Couldn't find that database.")
    return addon


def attachment(world: World, addon: Addon) -> str:
    found = world.store.one(Attachment, addon_id=addon.id, app_id=addon.app_id)
    return found.name if found else addon.name


def find(request: web.Request) -> Transfer:
    world, app, wanted = world_of(request), app_of(request), request.match_info["transfer"]
    for each in world.store.all(Transfer, app_id=app.id):
        if wanted in (each.id, str(each.number)):
            return each
    raise not_found("transfer")


def name(found: Transfer) -> str:
    return f"{LETTERS[found.kind]}{found.number:03}"


def file(world: World, identity: str) -> Path:
    """Where the dump of a transfer is."""
    return world.home / "backups" / f"{identity}.dump"


def begin(
    request: web.Request,
    addon: Addon,
    kind: str,
    work: Callable[[World, Addon, Transfer], Awaitable[None]],
    *,
    source: str,
    target: str,
    source_id: str | None = None,
) -> web.Response:
    """Begin a transfer, and answer with it. What it comes to is in its record."""
    world, tasks = world_of(request), request.app[WORK]
    number = max((each.number for each in world.store.all(Transfer, app_id=addon.app_id)), default=0) + 1
    made = world.store.put(
        Transfer(
            app_id=addon.app_id, addon_id=addon.id, number=number, kind=kind, source=source, target=target,
            source_id=source_id, started_at=records.now(),
        )
    )  # fmt: skip

    async def whole() -> None:
        async with _recorded(world, made):
            await work(world, addon, made)

    task = world.spawn(whole(), name=f"{name(made)} of {addon.name}")
    tasks[made.id] = task
    task.add_done_callback(lambda _: tasks.pop(made.id, None))
    return answer(shape(world, made), 201)


@contextlib.asynccontextmanager
async def _recorded(world: World, made: Transfer) -> AsyncIterator[None]:
    """What a transfer comes to is in its record, whatever happens."""
    try:
        yield
    except (RuntimeError, EngineFailed, OSError, sources.SourceUnavailable) as error:
        _failed(world, made, *str(error).splitlines())
    except asyncio.CancelledError:
        _failed(world, made, "the rehearsal ended")
        raise
    else:
        world.store.change(made, state="succeeded", finished_at=records.now(), log=(*made.log, f"{made.kind} done"))


def _failed(world: World, made: Transfer, *said: str) -> None:
    newest = world.store.get(Transfer, made.id) or made
    said = ("canceled",) if newest.canceled_at else said
    world.store.change(made, state="failed", finished_at=records.now(), log=(*newest.log, *said))
    file(world, made.id).unlink(missing_ok=True)


def shape(world: World, each: Transfer) -> dict[str, Any]:
    app = world.store.get(App, each.app_id)
    from_type, to_type = TYPES[each.kind]
    return {
        "uuid": each.id,
        "num": each.number,
        "app_name": app.name if app else "",
        "from_name": each.source,
        "from_type": from_type,
        "from_url": None,
        "to_name": each.target,
        "to_type": to_type,
        # Where it is kept: no address to fetch it from, but one that a restore takes.
        "to_url": f"{world.base}/_sources/backups/{each.id}" if each.kind == BACKUP else None,
        "created_at": each.created_at,
        "started_at": each.started_at,
        "updated_at": each.updated_at,
        "finished_at": each.finished_at,
        "canceled_at": each.canceled_at,
        "deleted_at": None,
        "succeeded": each.state == "succeeded" if each.finished_at else None,
        "processed_bytes": each.size,
        "source_bytes": each.size if each.kind == RESTORE or each.finished_at else 0,
        "warnings": 0,
        "options": {},
        "schedule": None,
    }
