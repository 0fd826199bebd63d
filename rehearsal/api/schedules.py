"""Daily backups, as somebody has asked for them: kept and told, and not run by the clock.

Undocumented at Heroku; paths and members are those that its CLI asks for (src/commands/pg/backups/schedule.ts). That a second
schedule of the same name takes the place of the first is a guess: the CLI says `schedule daily backups for given database`.
"""

from __future__ import annotations

import zoneinfo
from typing import Any

from aiohttp import web

from rehearsal.api.base import answer, body, text, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.transfers import both, postgres
from rehearsal.records import Schedule

routes = web.RouteTableDef()


@both(routes.post, "/client/v11/databases/{addon}/transfer-schedules")
async def create(request: web.Request) -> web.Response:
    world, addon, values = world_of(request), postgres(request), await body(request)
    name, zone, hour = text(values, "schedule_name"), text(values, "timezone"), str(values.get("hour"))
    if not hour.isdecimal() or int(hour) > 23:
        raise invalid("Hour must be between 0 and 23.")
    if zone not in zoneinfo.available_timezones():
        raise invalid("Timezone is invalid.")
    for each in world.store.all(Schedule, addon_id=addon.id, name=name):
        world.store.delete(each)
    made = world.store.put(Schedule(addon_id=addon.id, name=name, hour=int(hour), timezone=zone))
    return answer(_shape(made), 201)


@both(routes.get, "/client/v11/databases/{addon}/transfer-schedules")
async def list_(request: web.Request) -> web.Response:
    world, addon = world_of(request), postgres(request)
    return answer([_shape(each) for each in world.store.all(Schedule, addon_id=addon.id)])


@both(routes.delete, "/client/v11/databases/{addon}/transfer-schedules/{schedule}")
async def delete(request: web.Request) -> web.Response:
    world, addon = world_of(request), postgres(request)
    found = world.store.get(Schedule, request.match_info["schedule"])
    if found is None or found.addon_id != addon.id:
        raise not_found("schedule")
    world.store.delete(found)
    return answer(_shape(found))


def _shape(each: Schedule) -> dict[str, Any]:
    return {
        "uuid": each.id,
        "name": each.name,
        "hour": each.hour,
        "timezone": each.timezone,
        "created_at": each.created_at,
        "updated_at": each.updated_at,
    }
