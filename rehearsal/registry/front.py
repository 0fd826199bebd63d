"""The HTTP server that clients of the registry speak to: authentication, Heroku's rules, and everything else passed on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from rehearsal.builds.engine import EngineFailed
from rehearsal.records import App
from rehearsal.registry.backend import Backend
from rehearsal.registry.rules import LARGEST, Refused, accept
from rehearsal.registry.tokens import Tokens, needed

if TYPE_CHECKING:
    from rehearsal.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CHUNK = 1 << 18
TO_BACKEND = ("Accept", "Content-Type", "Content-Length", "Content-Range", "Range", "If-None-Match")
TO_CLIENT = ("Content-Type", "Content-Length", "Content-Range", "Docker-Content-Digest", "Docker-Upload-UUID", "ETag",
             "Docker-Distribution-Api-Version", "Accept-Ranges", "Range", "Link", "OCI-Chunk-Min-Length")  # fmt: skip


class Front:
    """Repositories are APP/PROCESS_TYPE; behind the front they have the app's id, so that an app can be renamed."""

    def __init__(self, world: World, backend: Backend, session: aiohttp.ClientSession) -> None:
        self.world = world
        self.backend = backend
        self.tokens = Tokens(world.token)
        self._session = session

    def application(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST, middlewares=[_refusals])
        app.router.add_get("/token", self._token)
        app.router.add_route("*", "/v2/", self._root)
        app.router.add_route("*", "/v2/{app}/{type}/manifests/{reference}", self._manifest)
        app.router.add_route("*", "/v2/{app}/{type}/{rest:(?:blobs|tags)/.*}", self._blob)
        app.router.add_route("*", "/v2/{anything:.*}", self._elsewhere)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        if not self.tokens.basic(request):
            raise Refused("UNAUTHORIZED")
        return self.tokens.issue([scope for asked in request.query.getall("scope", []) for scope in asked.split()])

    async def _root(self, request: web.Request) -> web.StreamResponse:
        self._authenticate(request)
        return web.json_response({}, headers={"Docker-Distribution-Api-Version": "registry/2.0"})

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        self._authenticate(request)
        raise Refused("DENIED")

    async def _manifest(self, request: web.Request) -> web.StreamResponse:
        app = self._authorize(request)
        if request.method != "PUT":
            return await self._pass_on(request, app, None)
        body = await request.read()
        if (code := self.world.faults.take("registry_refuse", request.path)) is not None:
            raise Refused(str(code).upper())
        manifest, config = accept(body, request.headers.get("Content-Type", ""))
        answer = await self._pass_on(request, app, body)
        if answer.status == 201:
            self.world.store.note(note_of(app, request.match_info["type"], config), manifest)
        return answer

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        app = self._authorize(request)
        cut = self.world.faults.take("registry_cut", request.path) if request.method in ("PATCH", "PUT") else None
        return await self._pass_on(request, app, _body(request, cut) if request.can_read_body else None)

    def _authenticate(self, request: web.Request) -> None:
        if (status := self.world.faults.take("status", request.path)) is not None:
            raise Refused("TOOMANYREQUESTS" if status == 429 else "UNAVAILABLE", status=int(status))
        if self.world.faults.token_expired() or not self.tokens.allows(request, needed(request)):
            raise Refused("UNAUTHORIZED")

    def _authorize(self, request: web.Request) -> App:
        """The app whose repository is asked for: it must be there, and on the container stack."""
        self._authenticate(request)
        return self._app(request.match_info["app"])

    def _app(self, name: str) -> App:
        if self.world.runtime.name != "docker":
            raise Refused("DENIED", "This rehearsal runs without Docker and takes no images: build from source.")
        app = self.world.store.one(App, name=name)
        if app is None or "container" not in (app.stack, app.build_stack):
            raise Refused("DENIED")
        return app

    async def _pass_on(self, request: web.Request, app: App, body: Any) -> web.StreamResponse:
        """Send a request on, and its answer back, neither kept in memory."""
        told = request.match_info
        rest = told["rest"] if "rest" in told else f"manifests/{told['reference']}"
        query = dict(request.query)
        if "from" in query:
            source, _, type_ = query["from"].partition("/")
            query["from"] = f"{self._app(source).id}/{type_}"
        headers = {name: request.headers[name] for name in TO_BACKEND if name in request.headers}
        try:
            url = f"{await self.backend.url()}/v2/{app.id}/{told['type']}/{rest}"
            async with self._session.request(
                request.method, url, params=query, headers=headers, data=body, allow_redirects=False
            ) as reply:
                return await self._back(request, app, reply)
        except EngineFailed as failure:
            raise Refused("UNAVAILABLE", str(failure)) from failure
        except (aiohttp.ClientError, ConnectionError) as error:
            if request.transport is not None:
                request.transport.abort()
            raise Refused("UNAVAILABLE") from error

    @staticmethod
    async def _back(request: web.Request, app: App, reply: aiohttp.ClientResponse) -> web.StreamResponse:
        answer = web.StreamResponse(status=reply.status)
        for name in TO_CLIENT:
            if name in reply.headers:
                answer.headers[name] = reply.headers[name]
        if "Location" in reply.headers:
            answer.headers["Location"] = reply.headers["Location"].replace(app.id, request.match_info["app"], 1)
        await answer.prepare(request)
        if request.method != "HEAD":
            async for chunk in reply.content.iter_chunked(CHUNK):
                await answer.write(chunk)
        await answer.write_eof()
        return answer


def note_of(app: App, process_type: str, config_digest: str) -> str:
    """Under which name the store has the manifest digest of an image that was pushed."""
    return f"image {app.id}/{process_type} {config_digest}"


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refused becomes an answer; one that asks for credentials says where a token is to be had."""
    try:
        return await handler(request)
    except Refused as refused:
        if refused.code != "UNAUTHORIZED":
            return refused.answer()
        if request.path == "/token":
            return refused.answer({"WWW-Authenticate": 'Basic realm="Heroku"'})
        challenge = f'Bearer realm="http://{request.host}/token",service="{request.host}"'
        if scopes := _scopes(request):
            challenge += f',scope="{scopes}"'
        return refused.answer({"WWW-Authenticate": challenge, "Docker-Distribution-Api-Version": "registry/2.0"})


def _scopes(request: web.Request) -> str:
    """What a token must be good for, as a challenge says it: one scope for each repository."""
    wanted: dict[str, list[str]] = {}
    for name, action in needed(request):
        wanted.setdefault(name, []).append(action)
    return " ".join(f"repository:{name}:{','.join(actions)}" for name, actions in wanted.items())


async def _body(request: web.Request, cut: int | None) -> AsyncIterator[bytes]:
    """The body as it comes; with a cut, so many bytes of it, and then the connection breaks."""
    left = cut
    async for chunk in request.content.iter_chunked(CHUNK):
        if left is not None and len(chunk) >= left:
            yield chunk[:left]
            raise ConnectionResetError("cut on request")
        if left is not None:
            left -= len(chunk)
        yield chunk
