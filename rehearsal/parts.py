"""How the parts of a world are made and served: the only place that knows all of them."""

from __future__ import annotations

import logging

from aiohttp import web

from rehearsal import gitserver, sources
from rehearsal.addons.manager import Addons
from rehearsal.api import application
from rehearsal.building import Building
from rehearsal.builds.builder import Builder
from rehearsal.dynos import docker
from rehearsal.dynos.container import Containers
from rehearsal.dynos.manager import Dynos
from rehearsal.dynos.process import Processes
from rehearsal.registry import Registry
from rehearsal.releases import Releases
from rehearsal.rendezvous import Rendezvous
from rehearsal.router import Router
from rehearsal.world import World

log = logging.getLogger("rehearsal")


async def build(world: World) -> None:
    """Make all parts. The runtime is Docker's if that is asked for, or if nothing is and an engine answers."""
    asked = world.asked_runtime
    answers = asked != "process" and await docker.answers()
    if asked == "docker" and not answers:
        raise RuntimeError("no Docker engine answers")
    world.runtime = Containers(world) if answers else Processes(world)
    world.builder = Builder(world)
    world.building = Building(world)
    world.registry = Registry(world)
    world.rendezvous = Rendezvous(world)
    world.releases = Releases(world)
    world.dynos = Dynos(world)
    world.addons = Addons(world)
    world.router = Router(world)


async def serve(world: World) -> list[web.AppRunner | web.ServerRunner]:
    """Start the HTTP servers: API with git, sources and streams; router."""
    app = application(world)
    app.add_routes(sources.routes(world))
    app.add_routes(gitserver.routes(world))
    api = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=2.0)
    router = world.router.runner()
    for runner, bound in zip((api, router), world.sockets, strict=True):
        await runner.setup()
        await web.SockSite(runner, bound).start()
    return [api, router]
