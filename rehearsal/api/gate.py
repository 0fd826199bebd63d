"""What happens to every request before and after its resource: id, token, rate limit, faults, errors, ETag."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from rehearsal.api import auth, errors
from rehearsal.api.base import REMAINING, answer
from rehearsal.api.errors import ApiError
from rehearsal.api.limits import Pool
from rehearsal.world import World

log = logging.getLogger("rehearsal")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Without the account's token: what has a secret in its address, what checks by itself, and what is no secret.
OPEN = re.compile(r"^/(git|streams|log-sessions|_sources)/")
# Not counted, and not asked for a version of the API.
OURS = re.compile(r"^/(git|streams|log-sessions|_sources|_rehearsal|data|client|postgres|redis)(/|$)")
GIVEN_ID = re.compile(r"^[A-Za-z0-9-]{20,200}$")


def gate(world: World) -> Middleware:
    pool = Pool(world.settings)

    @web.middleware
    async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Request-Id", "")
        own = str(uuid.uuid4())
        identity = f"{given},{own}" if GIVEN_ID.match(given) else own
        request[REMAINING] = pool.remaining
        try:
            response = await _answer(world, pool, request, handler)
        except ApiError as error:
            response = answer(error.body, error.status)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            response = answer(errors.no_route().body, 404)
        except web.HTTPRequestEntityTooLarge:
            response = answer({"id": "invalid_params", "message": "Request body is too large."}, 413)
        except web.HTTPException as error:
            if error.empty_body or error.status < 400:
                raise
            response = answer({"id": "bad_request", "message": error.reason}, error.status)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            response = answer(errors.internal().body, 500)
        if not response.prepared:
            response.headers.setdefault("Request-Id", identity)
            if not OURS.match(request.path):
                response.headers["RateLimit-Remaining"] = str(pool.remaining)
                response.headers["RateLimit-Multiplier"] = "1"
                response.headers["Vary"] = "Authorization,Accept-Encoding"
            if request.method == "GET" and response.status == 200:
                tag = response.headers.get("ETag")
                if tag and tag in request.headers.get("If-None-Match", ""):
                    return web.Response(status=304, headers=response.headers)
        log.info("%s %s %d", request.method, request.path, response.status)
        return response

    return pass_through


async def _answer(world: World, pool: Pool, request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith("/_rehearsal"):
        if not auth.allowed(world, request) and auth.token_of(request) != world.token:
            raise errors.unauthorized()
        return await handler(request)
    if world.faults.take("drop", request.path, request.method):
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("cut, as a test asked for")
    if (status := world.faults.take("status", request.path, request.method)) is not None:
        raise errors.asked_for(int(status))
    if OPEN.match(request.path):
        return await handler(request)
    if not auth.allowed(world, request):
        raise errors.unauthorized()
    if not OURS.match(request.path):
        if "application/vnd.heroku+json" not in request.headers.get("Accept", "") or "version=3" not in request.headers.get(
            "Accept", ""
        ):
            raise errors.no_route()
        if request.path != "/account/rate-limits" and not pool.take():
            raise errors.rate_limit()
    return await handler(request)
