"""/_rehearsal: the rehearsal's own, for tests and for `./inv rehearse`; Heroku has nothing like it.

    GET  /_rehearsal/apps/{app}/dynos      what was measured of its dynos, a list, oldest first
    GET  /_rehearsal/apps/{app}/requests   what the router counted, a list by release, oldest first
    POST /_rehearsal/apps/{app}/cycle      the daily restart of all dynos, now
    POST /_rehearsal/apps/{app}/sleep      an Eco app falls asleep now
    POST /_rehearsal/apps/{app}/certificates   what a domain's certificate has come to, see rehearsal/api/certificates.py
    GET  POST /_rehearsal/faults           see rehearsal/faults.py

Numbers are null where they are not known, or not yet. All is gone when the rehearsal ends.

dynos: one entry for each life of a dyno, that is for a process from its launch to its end; one-off dynos and release phases,
too. The newest 500.

    id, dyno (web.1), type, release (its version), size, launched_at, ended_at
    state             starting, up, crashed, down, idle or complete
    memory_quota_mb, memory_peak_mb, memory       memory: [seconds since launch, MB], at most 240
    boot_seconds      from launch until $PORT is bound where the router reaches it; web only
    exit_seconds      from SIGTERM to the end of its last process
    exit_status
    errors            R10, R12, R14, R15, each once
    requests, first_ms                            that the router gave it, and how long the first of them took
    disk_writes       {count, files: [{path, size}], whole}: what a restart loses. files: the first 50, below the app's folder
                      or absolute; size in bytes or null. whole: false where there was too much to look at. A process is looked
                      at below its copy of the slug only, a container everywhere. __pycache__ does not count.

requests: requests that got no dyno count for the release that was current.

    release, total, 5xx, codes ({"H12": 1})       the app's own 500 is in 5xx only, H27 (the client went away) in codes only
    first_ms          the longest that any of its dynos took for its first request
    waited, waited_ms requests that were kept for a dyno that was starting, and how long the one that waited longest
    gap_seconds       how long no web dyno was up before it, when it was released, restarted or cycled
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from rehearsal.api.base import answer, app_of, body, world_of
from rehearsal.api.errors import invalid
from rehearsal.dynos import sleeping
from rehearsal.dynos.lives import Life
from rehearsal.dynos.writes import Writes

routes = web.RouteTableDef()


@routes.get("/_rehearsal/faults")
async def faults(request: web.Request) -> web.Response:
    return answer(world_of(request).faults.state())


@routes.post("/_rehearsal/faults")
async def ask(request: web.Request) -> web.Response:
    """See rehearsal/faults.py for what can be asked for."""
    world = world_of(request)
    try:
        world.faults.ask(await body(request))
    except (ValueError, TypeError) as error:
        raise invalid(str(error)) from error
    return answer(world.faults.state(), 201)


@routes.get("/_rehearsal/apps/{app}/dynos")
async def dynos(request: web.Request) -> web.Response:
    lives = list(world_of(request).dynos.lives.of(app_of(request).id))
    writes = await asyncio.gather(*map(_writes, lives))
    return answer([life.shape(written) for life, written in zip(lives, writes, strict=True)])


async def _writes(life: Life) -> Writes | None:
    """Of a dyno that runs, as it is now."""
    return await life.instance.writes() if life.instance is not None else life.writes


@routes.get("/_rehearsal/apps/{app}/requests")
async def requests(request: web.Request) -> web.Response:
    return answer([count.shape() for count in world_of(request).router.tally.of(app_of(request).id)])


@routes.post("/_rehearsal/apps/{app}/cycle")
async def cycle(request: web.Request) -> web.Response:
    await world_of(request).dynos.cycle(app_of(request))
    return answer({}, 202)


@routes.post("/_rehearsal/apps/{app}/sleep")
async def sleep(request: web.Request) -> web.Response:
    if not await sleeping.fall_asleep(world_of(request), app_of(request)):
        raise invalid("Only apps with an Eco web dyno that is up fall asleep.")
    return answer({}, 202)
