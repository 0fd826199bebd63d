"""Backups and restores of api.data.heroku.com, done by real pg_dump and pg_restore on the add-on's database.

Undocumented at Heroku; paths and members are those that its CLI asks for (src/commands/pg/backups, src/lib/pg).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from rehearsal import records, sources
from rehearsal.api import addons
from rehearsal.api.base import answer, app_of, body, text, world_of
from rehearsal.api.errors import ApiError, not_found
from rehearsal.builds.engine import EngineFailed
from rehearsal.records import Addon, App, Attachment, Transfer
from rehearsal.world import World

routes = web.RouteTableDef()

VALID = 3600  # seconds that a public URL is good for
PLACE = "/_sources/backups/{transfer}/{expires}/{signature}/{name}"
BACKUP, RESTORE = "backup", "restore"
TYPES = {BACKUP: ("pg_dump", "gof3r"), RESTORE: ("gof3r", "pg_restore")}
LOOK = 0.2  # seconds between two looks at how far a dump is


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def both(register: Callable[[str], Callable[[Handler], Handler]], path: str) -> Callable[[Handler], Handler]:
    """Answer where the CLI asks, and below /data, which rehearsal.json names."""

    def decorate(handler: Handler) -> Handler:
        return register(f"/data{path}")(register(path)(handler))

    return decorate


@both(routes.post, "/client/v11/databases/{addon}/backups")
async def capture(request: web.Request) -> web.Response:
    world, addon = world_of(request), _postgres(request)
    made = _begin(world, addon, BACKUP, source=_attachment(world, addon), target="BACKUP")
    world.spawn(_dump(world, addon, made), name=f"backup {_name(made)} of {addon.name}")
    return answer(_shape(world, made), 201)


@both(routes.post, "/client/v11/databases/{addon}/restores")
async def restore(request: web.Request) -> web.Response:
    world, addon, values = world_of(request), _postgres(request), await body(request)
    made = _begin(world, addon, RESTORE, source="BACKUP", target=_attachment(world, addon))
    world.spawn(_restore(world, addon, made, text(values, "backup_url")), name=f"restore {_name(made)} of {addon.name}")
    return answer(_shape(world, made), 201)


@both(routes.put, "/client/v11/databases/{addon}/reset")
async def reset(request: web.Request) -> web.Response:
    world, addon = world_of(request), _postgres(request)
    await world.addons.postgres(addon).empty()
    return answer({"message": "Reset successful."})


@both(routes.get, "/client/v11/apps/{app}/transfers")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    return answer([_shape(world, each) for each in world.store.all(Transfer, app_id=app.id)])


@both(routes.get, "/client/v11/apps/{app}/transfers/{transfer}")
async def info(request: web.Request) -> web.Response:
    found = _find(request)
    logs = [{"created_at": found.updated_at, "message": line} for line in found.log]
    return answer(_shape(world_of(request), found) | ({"logs": logs} if request.query.get("verbose") == "true" else {}))


@both(routes.post, "/client/v11/apps/{app}/transfers/{transfer}/actions/public-url")
async def public_url(request: web.Request) -> web.Response:
    world, found = world_of(request), _find(request)
    if found.kind != BACKUP or found.state != "succeeded":
        raise ApiError(404, "not_found", "Backup not found.")
    expires = int(time.time()) + VALID
    path = PLACE.format(
        transfer=found.id, expires=expires, signature=_signature(world, found.id, str(expires)), name=f"{_name(found)}.dump"
    )
    return answer({"url": world.base + path, "expires_at": _time(expires)})


@routes.get(PLACE)
async def download(request: web.Request) -> web.StreamResponse:
    world, told = world_of(request), request.match_info
    if (
        not _valid(world, told["transfer"], told["expires"], told["signature"])
        or not (path := _file(world, told["transfer"])).is_file()
    ):
        raise not_found("backup")
    return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})


def _postgres(request: web.Request) -> Addon:
    addon = addons.find(world_of(request), request.match_info["addon"])
    if addon.service != "heroku-postgresql" or addon.state != "provisioned":
        raise ApiError(404, "not_found", "Couldn't find that database.")
    return addon


def _attachment(world: World, addon: Addon) -> str:
    found = world.store.one(Attachment, addon_id=addon.id, app_id=addon.app_id)
    return found.name if found else addon.name


def _find(request: web.Request) -> Transfer:
    world, app, wanted = world_of(request), app_of(request), request.match_info["transfer"]
    for each in world.store.all(Transfer, app_id=app.id):
        if wanted in (each.id, str(each.number)):
            return each
    raise not_found("transfer")


def _name(found: Transfer) -> str:
    return f"{'b' if found.kind == BACKUP else 'r'}{found.number:03}"


# --- doing it ---------------------------------------------------------------------------------------------------------


def _begin(world: World, addon: Addon, kind: str, *, source: str, target: str) -> Transfer:
    number = max((each.number for each in world.store.all(Transfer, app_id=addon.app_id)), default=0) + 1
    return world.store.put(
        Transfer(
            app_id=addon.app_id,
            addon_id=addon.id,
            number=number,
            kind=kind,
            source=source,
            target=target,
            started_at=records.now(),
        )
    )


async def _dump(world: World, addon: Addon, made: Transfer) -> None:
    path = _file(world, made.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with _recorded(world, made):
        work = asyncio.create_task(world.addons.postgres(addon).dump(path))
        while not (await asyncio.wait({work}, timeout=LOOK))[0]:
            if path.is_file():
                world.store.change(made, size=path.stat().st_size)
        await work
        path.chmod(0o600)
        world.store.change(made, size=path.stat().st_size)


async def _restore(world: World, addon: Addon, made: Transfer, url: str) -> None:
    async with _recorded(world, made):
        own = re.match(re.escape(world.base) + r"/_sources/backups/([0-9a-f-]{36})(?:/(\d+)/(\w+)/.*)?$", url)
        if own is not None:
            if own[2] and not _valid(world, own[1], own[2], own[3]):
                raise RuntimeError("the backup's URL has expired")
            path = _file(world, own[1])
        else:
            path = await sources.download(world, url, _file(world, made.id))
        world.store.change(made, size=path.stat().st_size)
        await world.addons.postgres(addon).restore(path)


@contextlib.asynccontextmanager
async def _recorded(world: World, made: Transfer) -> Any:
    """What a transfer comes to is in its record, whatever happens."""
    try:
        yield
    except (RuntimeError, EngineFailed, OSError, sources.SourceUnavailable) as error:
        world.store.change(made, state="failed", finished_at=records.now(), log=(*made.log, *str(error).splitlines()))
    except asyncio.CancelledError:
        world.store.change(made, state="failed", finished_at=records.now(), log=("the rehearsal ended",))
        raise
    else:
        world.store.change(made, state="succeeded", finished_at=records.now(), log=(*made.log, f"{made.kind} done"))


# --- telling of it ----------------------------------------------------------------------------------------------------


def _shape(world: World, each: Transfer) -> dict[str, Any]:
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
        "canceled_at": None,
        "succeeded": each.state == "succeeded" if each.finished_at else None,
        "processed_bytes": each.size,
        "source_bytes": each.size if each.kind == RESTORE or each.finished_at else 0,
        "warnings": 0,
        "options": {},
        "schedule": None,
    }


def _file(world: World, identity: str) -> Path:
    return world.home / "backups" / f"{identity}.dump"


def _signature(world: World, *what: str) -> str:
    return hmac.new(world.token.encode(), "/".join(("backups", *what)).encode(), hashlib.sha256).hexdigest()


def _valid(world: World, identity: str, expires: str, signature: str) -> bool:
    if not re.fullmatch(r"[0-9a-f-]{36}", identity) or not expires.isdecimal():
        return False
    return hmac.compare_digest(signature, _signature(world, identity, expires)) and int(expires) > time.time()


def _time(when: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
