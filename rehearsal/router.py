"""The router: http://APP.localhost:PORT, with what Heroku's Router 2.0 adds, waits for and refuses."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

from rehearsal import pages, proxying
from rehearsal.dynos import sleeping
from rehearsal.dynos.dyno import Dyno
from rehearsal.pages import CODES
from rehearsal.proxying import Passage
from rehearsal.records import App, Domain, Feature
from rehearsal.tally import CLIENT_GONE, Tally

if TYPE_CHECKING:
    from rehearsal.world import World

AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
LARGEST_HEADER = 64 * 1024
LONG = 20  # ms: a request that was kept for longer has waited for a dyno
MILD = {"H80": "info", "H27": "warning"}


class Failed(Exception):
    """The router has to answer in place of the app, with a code."""

    def __init__(self, code: str, *, sock: str = "") -> None:
        super().__init__(CODES[code])
        self.code = code
        self.sock = sock


class Router:
    """Requests to dynos, in turn."""

    def __init__(self, world: World) -> None:
        self.tally = Tally()
        self._world = world
        self._turn: dict[str, int] = {}
        self._session: aiohttp.ClientSession | None = None

    def runner(self) -> web.AppRunner:
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self.handle)
        app.cleanup_ctx.append(self._connections)
        return web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0, keepalive_timeout=75.0,
            max_line_size=LARGEST_HEADER, max_field_size=LARGEST_HEADER, auto_decompress=False,
        )  # fmt: skip

    async def _connections(self, _: web.Application):  # type: ignore[no-untyped-def]
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=self._world.settings.keepalive)
        async with aiohttp.ClientSession(
            connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._world.settings.connect_timeout),
            skip_auto_headers=AUTOMATIC, max_line_size=LARGEST_HEADER, max_field_size=LARGEST_HEADER,
        ) as self._session:  # fmt: skip
            yield

    def app_of(self, host: str) -> App | None:
        """The app that a Host header means: by its own name, or by a domain that was added, wildcards included."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.lower().rstrip(".")
        store = self._world.store
        domain = store.one(Domain, hostname=name) or store.one(Domain, hostname=f"*.{name.partition('.')[2]}")
        return store.get(App, domain.app_id) if domain is not None else None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        app = self.app_of(request.host)
        if app is None:
            return pages.no_such_app(request.host)
        passage, dyno = Passage.of(request), None
        self._world.dynos.running(app.id).visited = passage.began
        try:
            dyno = await self._choose(app)
            passage.chosen, passage.dyno = time.monotonic(), dyno.name
            response = await self._pass_on(app, passage, dyno)
        except Failed as failed:
            self._log(app, dyno, passage, failed.code, sock=failed.sock)
            response = pages.error(failed.code)
            response.headers["X-Request-Id"] = passage.request_id
            return response
        except asyncio.CancelledError:  # the client went away: after an upgrade that is how it ends
            if passage.status == 101:
                self._log(app, dyno, passage)
            else:
                passage.status = CLIENT_GONE
                self._log(app, dyno, passage, "H27", sock="client")
            raise
        return response

    def _log(self, app: App, dyno: Dyno | None, passage: Passage, code: str = "", *, sock: str = "") -> None:
        """A request is over: its line in the log, and what is counted."""
        line = passage.line(code, CODES.get(code, ""), at=MILD.get(code, ""), sock=sock)
        self._world.logs.heroku(app.id, "router", line)
        release = dyno.release if dyno is not None else self._world.releases.newest_succeeded(app)
        count = self.tally.count(app.id, release.version if release is not None else 0)
        self.tally.add(count, status=passage.status, code=code)
        waited = int(((passage.chosen or passage.began) - passage.began) * 1000)
        if waited > LONG:
            count.waited, count.waited_ms = count.waited + 1, max(count.waited_ms, waited)
        if passage.first and passage.life is not None:
            passage.life.first_ms = passage.service
            count.first_ms = max(count.first_ms or 0, passage.service)

    async def _choose(self, app: App) -> Dyno:
        """The next web dyno that is up; waits for one that is starting. Raises Failed."""
        if app.maintenance:
            raise Failed("H80")
        deadline = time.monotonic() + self._world.settings.boot_queue
        while True:
            running = self._world.dynos.running(app.id)
            dynos, up = running.web, running.up
            if up:
                self._turn[app.id] = turn = self._turn.get(app.id, -1) + 1
                return up[turn % len(up)]
            if any(dyno.state == "idle" for dyno in dynos):
                await sleeping.wake(self._world, app)
                continue
            if not dynos or all(dyno.state == "down" for dyno in dynos):
                raise Failed("H14")
            if all(dyno.state != "starting" for dyno in dynos):
                raise Failed("H10")
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failed("H20")
            await self._world.dynos.wait_change(app.id, min(left, 1.0))

    async def _pass_on(self, app: App, passage: Passage, dyno: Dyno) -> web.StreamResponse:
        instance, passage.life = dyno.instance, dyno.life
        assert instance is not None
        if dyno.life is not None:
            passage.first = dyno.life.requests == 0
            dyno.life.requests += 1
        if wanted := proxying.upgrade_of(passage.request):
            try:
                first_byte = self._world.settings.first_byte
                await proxying.upgrade(passage, wanted, instance.address, first_byte=first_byte)
            except TimeoutError as error:
                raise Failed("H12") from error
            except OSError as error:
                raise Failed("H13") from error
            self._log(app, dyno, passage)
            return web.Response(status=passage.status)  # its connection is closed already
        dyno.requests += 1
        try:
            answer = await self._first_byte(app, passage, instance.address)
            return await self._answer(app, passage, dyno, answer)
        finally:
            dyno.requests -= 1

    async def _first_byte(self, app: App, passage: Passage, address: tuple[str, int]) -> aiohttp.ClientResponse:
        """Send the request, and wait for the head of the answer: 30 s from the last byte that was sent."""
        assert self._session is not None
        request, limit = passage.request, self._world.settings.first_byte
        headers = proxying.to_dyno(passage)
        if self._feature(app, "http-disable-keepalive-to-dyno"):
            headers["Connection"] = "close"
        url = URL(f"http://{address[0]}:{address[1]}{_path(request.raw_path)}", encoded=True)
        data = proxying.body(passage) if request.body_exists else None
        sending = asyncio.create_task(
            self._session.request(request.method, url, headers=headers, data=data, allow_redirects=False)
        )
        try:
            while not sending.done():
                left = passage.moved + limit - time.monotonic()
                if left <= 0:
                    raise Failed("H12")
                await asyncio.wait([sending], timeout=left)
            answer = sending.result()
        except aiohttp.ServerTimeoutError as error:
            raise Failed("H19", sock="backend") from error
        except aiohttp.ClientConnectorError as error:
            raise Failed("H21", sock="backend") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Failed("H13", sock="backend") from error
        finally:
            if not sending.done():
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError, aiohttp.ClientError, OSError):
                    await sending
        return answer

    async def _answer(self, app: App, passage: Passage, dyno: Dyno, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        """Pass the answer on as it comes: 55 s for every further byte."""
        passage.status = answer.status
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        response.headers.extend(proxying.to_client(passage, answer.headers))
        try:
            await response.prepare(passage.request)
            while True:
                async with asyncio.timeout(self._world.settings.rolling):
                    chunk = await answer.content.readany()
                if not chunk:
                    break
                passage.sent += len(chunk)
                await response.write(chunk)
            await response.write_eof()
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            # The status is out: all that is left is to cut the connection, so that the client sees it is not whole.
            answer.close()
            gone = passage.request.transport is None or passage.request.transport.is_closing()
            code = "H27" if gone else "H15" if isinstance(error, TimeoutError) else "H18"
            passage.status = CLIENT_GONE if gone else 503
            self._log(app, dyno, passage, code, sock="client" if gone else "backend")
            if passage.request.transport is not None:
                passage.request.transport.abort()
            return response
        except asyncio.CancelledError:
            answer.close()
            raise
        answer.release()
        self._log(app, dyno, passage)
        return response

    def _feature(self, app: App, name: str) -> bool:
        feature = self._world.store.one(Feature, app_id=app.id, name=name)
        return feature is not None and feature.enabled


def _path(raw: str) -> str:
    """The path of a request line, which may be a whole URL (RFC 9112, 3.2.2)."""
    if raw.startswith("/"):
        return raw
    whole = URL(raw, encoded=True)
    return whole.raw_path_qs if whole.absolute else "/"
