"""Backups and restores of api.data.heroku.com, done by real pg_dump and pg_restore on the add-on's database.

Undocumented at Heroku; paths and members are those that its CLI asks for (src/commands/pg/backups, src/lib/pg).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from pathlib import Path

from aiohttp import web

from rehearsal import sources
from rehearsal.api.base import answer, body, text, world_of
from rehearsal.api.errors import ApiError, not_found
from rehearsal.api.transfers import BACKUP, RESTORE, attachment, begin, both, file, find, name, postgres
from rehearsal.records import Addon, Transfer
from rehearsal.world import World

routes = web.RouteTableDef()

VALID = 3600  # seconds that a public URL is good for
PLACE = "/_sources/backups/{transfer}/{expires}/{signature}/{name}"
LOOK = 0.2  # seconds between two looks at how far a dump is


@both(routes.post, "/client/v11/databases/{addon}/backups")
async def capture(request: web.Request) -> web.Response:
    addon = postgres(request)
    return begin(request, addon, BACKUP, _dump, source=attachment(world_of(request), addon), target="BACKUP")


async def _dump(world: World, addon: Addon, made: Transfer) -> None:
    path = file(world, made.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = asyncio.create_task(world.addons.postgres(addon).dump(path, label=made.id))
    try:
        while not (await asyncio.wait({work}, timeout=LOOK))[0]:
            if path.is_file():
                world.store.change(made, size=path.stat().st_size)
        await work
    finally:  # a backup that is cancelled takes the dump along
        work.cancel()
        await asyncio.wait({work})
    path.chmod(0o600)
    world.store.change(made, size=path.stat().st_size)


@both(routes.post, "/client/v11/databases/{addon}/restores")
async def restore(request: web.Request) -> web.Response:
    addon, url = postgres(request), text(await body(request), "backup_url")

    async def work(world: World, addon: Addon, made: Transfer) -> None:
        path = await _fetched(world, made, url)
        world.store.change(made, size=path.stat().st_size)
        await world.addons.postgres(addon).restore(path, label=made.id)

    return begin(request, addon, RESTORE, work, source="BACKUP", target=attachment(world_of(request), addon))


async def _fetched(world: World, made: Transfer, url: str) -> Path:
    """The dump at an address: a file of ours, or one that is fetched."""
    own = re.match(re.escape(world.base) + r"/_sources/backups/([0-9a-f-]{36})(?:/(\d+)/(\w+)/.*)?$", url)
    if own is None:
        return await sources.download(world, url, file(world, made.id))
    if own[2] and not _valid(world, own[1], own[2], own[3]):
        raise RuntimeError("the backup's URL has expired")
    return file(world, own[1])


@both(routes.put, "/client/v11/databases/{addon}/reset")
async def reset(request: web.Request) -> web.Response:
    await world_of(request).addons.postgres(postgres(request)).empty()
    return answer({"message": "Reset successful."})


@both(routes.post, "/client/v11/apps/{app}/transfers/{transfer}/actions/public-url")
async def public_url(request: web.Request) -> web.Response:
    world, found = world_of(request), find(request)
    if found.kind != BACKUP or found.state != "succeeded":
        raise ApiError(404, "not_found", "Backup not found.")
    expires = int(time.time()) + VALID
    signature = _signature(world, found.id, str(expires))
    path = PLACE.format(transfer=found.id, expires=expires, signature=signature, name=f"{name(found)}.dump")
    return answer({"url": world.base + path, "expires_at": _time(expires)})


@routes.get(PLACE)
async def download(request: web.Request) -> web.StreamResponse:
    """The file, or the part of it that a Range asks for, as the store behind Heroku's addresses has it."""
    world, told = world_of(request), request.match_info
    path = file(world, told["transfer"])
    if not _valid(world, told["transfer"], told["expires"], told["signature"]) or not path.is_file():
        raise not_found("backup")
    whole = web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})
    cut = world.faults.take("backup_cut", request.path)
    return whole if cut is None else await _cut(request, path, int(cut))


async def _cut(request: web.Request, path: Path, count: int) -> web.StreamResponse:
    """An answer that is promised whole, or from where a Range wants it, and ends after so many bytes."""
    content, start = path.read_bytes(), request.http_range.start or 0
    headers = {"Content-Length": str(len(content) - start), "Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
    answer = web.StreamResponse(status=206 if start else 200, headers=headers)
    await answer.prepare(request)
    await answer.write(content[start : start + count])
    assert request.transport is not None
    request.transport.close()
    return answer


def _signature(world: World, *what: str) -> str:
    return hmac.new(world.token.encode(), "/".join(("backups", *what)).encode(), hashlib.sha256).hexdigest()


def _valid(world: World, identity: str, expires: str, signature: str) -> bool:
    if not re.fullmatch(r"[0-9a-f-]{36}", identity) or not expires.isdecimal():
        return False
    return hmac.compare_digest(signature, _signature(world, identity, expires)) and int(expires) > time.time()


def _time(when: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
