"""The Platform API (https://devcenter.heroku.com/articles/platform-api-reference), one file per resource."""

from __future__ import annotations

from aiohttp import web

from rehearsal.api import (
    account,
    addons,
    apps,
    attachments,
    backups,
    builds,
    catalogue,
    certificates,
    collaborators,
    config,
    control,
    copies,
    data,
    domains,
    dynos,
    features,
    formation,
    log_sessions,
    pipelines,
    promotions,
    releases,
    schedules,
    streams,
    transfers,
    webhooks,
)
from rehearsal.api.base import WORLD
from rehearsal.api.gate import gate
from rehearsal.world import World

RESOURCES = (
    account, addons, apps, attachments, backups, builds, catalogue, certificates, collaborators, config, control, copies, data,
    domains, dynos, features, formation, log_sessions, pipelines, promotions, releases, schedules, streams, transfers, webhooks,
)  # fmt: skip


def application(world: World) -> web.Application:
    """The HTTP application with every resource; git and sources are added by who serves it."""
    app = web.Application(middlewares=[gate(world)], client_max_size=world.settings.source_limit)
    app[WORLD] = world
    app[log_sessions.SESSIONS] = {}
    app[transfers.WORK] = {}
    for resource in RESOURCES:
        app.add_routes(resource.routes)
    return app
