"""Sources: a place to upload a tarball to, and the tarball of a build.

POST /sources answers with two addresses that need no token, as Heroku's lead to S3 with a signature each. What S3
refuses is refused here: a Content-Type (it is not in the signature), a body of unknown length, an address that is old.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from rehearsal.records import Source

if TYPE_CHECKING:
    from rehearsal.world import World

VALID = 3600  # seconds; https://devcenter.heroku.com/articles/build-and-release-using-the-api#sources-endpoint
PLACE = "/_sources/{id}/{verb}/{expires}/{signature}"


class SourceUnavailable(ValueError):
    """The tarball of a build cannot be had; the message says why."""


def create(world: World) -> dict[str, dict[str, str]]:
    """A new source, as POST /sources answers."""
    source = world.store.put(Source())
    return {"source_blob": {"get_url": _url(world, source.id, "GET"), "put_url": _url(world, source.id, "PUT")}}


async def tarball(world: World, url: str, *, checksum: str | None, into: Path) -> Path:
    """The tarball that a build's source_blob names, as a file; checksum as ``SHA256:<hex>``.

    Our own addresses are read from disk, others over HTTP(S). Raises SourceUnavailable.
    """
    if not url.startswith(("http://", "https://")):
        raise SourceUnavailable("The source URL must begin with http:// or https://.")
    own = re.match(re.escape(world.base) + r"/_sources/([0-9a-f-]{36})/GET/(\d+)/(\w+)$", url)
    if own is not None:
        if not _valid(world, own[1], "GET", own[2], own[3]):
            raise SourceUnavailable("The source URL has expired.")
        path = _file(world, own[1])
        if not path.is_file():
            raise SourceUnavailable("Nothing was uploaded to the source's put_url.")
    else:
        path = await download(world, url, into)
    if checksum:
        await asyncio.to_thread(_check, path, checksum)
    return path


def routes(world: World) -> list[web.RouteDef]:
    async def post(_: web.Request) -> web.Response:
        return web.json_response(create(world), status=201)

    async def put(request: web.Request) -> web.Response:
        if (refused := _refused(world, request)) is not None:
            return refused
        if request.headers.get("Content-Type"):
            return _xml(403, "SignatureDoesNotMatch", "The request signature does not match: Content-Type is not signed.")
        if request.content_length is None:
            return _xml(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        if request.content_length > world.settings.source_limit:
            return _xml(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        path = _file(world, request.match_info["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.md5(usedforsecurity=False)
        # Beside it first: a broken upload leaves nothing that a build could take for a tarball.
        partly = path.with_suffix(f".{time.monotonic_ns()}")
        try:
            with partly.open("wb") as file:
                async for chunk in request.content.iter_chunked(1 << 18):
                    digest.update(chunk)
                    await asyncio.to_thread(file.write, chunk)
            partly.replace(path)
        finally:
            partly.unlink(missing_ok=True)
        source = world.store.get(Source, request.match_info["id"])
        if source is not None:
            world.store.change(source, size=path.stat().st_size)
        return web.Response(headers={"ETag": f'"{digest.hexdigest()}"'})

    async def get(request: web.Request) -> web.StreamResponse:
        if (refused := _refused(world, request)) is not None:
            return refused
        path = _file(world, request.match_info["id"])
        if not path.is_file():
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
        return web.FileResponse(path, headers={"Content-Type": "application/gzip"})

    return [
        web.post("/sources", post),
        web.post("/apps/{app}/sources", post),  # deprecated, and still answered
        web.put(PLACE, put),
        web.get(PLACE, get),
    ]


def _file(world: World, identity: str) -> Path:
    return world.home / "sources" / f"{identity}.tgz"


def _url(world: World, identity: str, verb: str) -> str:
    expires = str(int(time.time()) + VALID)
    return world.base + PLACE.format(
        id=identity, verb=verb, expires=expires, signature=_signature(world, identity, verb, expires)
    )


def _signature(world: World, *what: str) -> str:
    return hmac.new(world.token.encode(), "/".join(what).encode(), hashlib.sha256).hexdigest()


def _valid(world: World, identity: str, verb: str, expires: str, signature: str) -> bool:
    signed = hmac.compare_digest(signature, _signature(world, identity, verb, expires))
    return signed and int(expires) > time.time()


def _refused(world: World, request: web.Request) -> web.Response | None:
    told = request.match_info
    if told["verb"] == request.method and _valid(world, told["id"], told["verb"], told["expires"], told["signature"]):
        return None
    return _xml(403, "AccessDenied", "Request has expired")


def _xml(status: int, code: str, message: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return web.Response(status=status, text=text, content_type="application/xml")


async def download(world: World, url: str, into: Path) -> Path:
    """What lies at an address of somebody else's, as a file. Raises SourceUnavailable."""
    into.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        timeout = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=60)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session, session.get(url) as answer:
            if answer.status != 200:
                raise SourceUnavailable(f"Could not fetch the source: its server answered {answer.status}.")
            with into.open("wb") as file:
                async for chunk in answer.content.iter_chunked(1 << 18):
                    size += len(chunk)
                    if size > world.settings.source_limit:
                        raise SourceUnavailable("The source is too large.")
                    await asyncio.to_thread(file.write, chunk)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SourceUnavailable(f"Could not fetch the source: {type(error).__name__}.") from error
    return into


def _check(path: Path, checksum: str) -> None:
    kind, _, wanted = checksum.partition(":")
    if kind.upper() != "SHA256":
        raise SourceUnavailable("The checksum must be of the form SHA256:<hex digest>.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not hmac.compare_digest(found, wanted.strip().lower()):
        raise SourceUnavailable("The source does not have the checksum that was given for it.")
