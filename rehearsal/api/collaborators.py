"""collaborators: other people on an app; nobody else ever asks for anything here."""

from __future__ import annotations

from aiohttp import web

from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, identity, only, world_of
from rehearsal.api.errors import invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.records import Collaborator

routes = web.RouteTableDef()


def _owner(request: web.Request) -> shapes.Shape:
    world, app = world_of(request), app_of(request)
    own = Collaborator(id=app.id, created_at=app.created_at, updated_at=app.created_at, app_id=app.id, email=world.email)
    user = world.user | {"federated": False}
    return shapes.collaborator(world, own) | {"role": "owner", "user": user}


@routes.post("/apps/{app}/collaborators")
async def create(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    only(values, "silent", "user", "permissions")
    email = identity(values.get("user"))
    if "@" not in email:
        raise invalid("Require params: user.")
    if world.store.one(Collaborator, app_id=app.id, email=email) is not None or email == world.email:
        raise invalid(f"{email} is already a collaborator on {app.name}.")
    return answer(shapes.collaborator(world, world.store.put(Collaborator(app_id=app.id, email=email))), 201)


@routes.get("/apps/{app}/collaborators")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    others = [shapes.collaborator(world, each) for each in world.store.all(Collaborator, app_id=app.id)]
    return listing(request, [_owner(request), *others], lambda shape: shape)


@routes.get("/apps/{app}/collaborators/{who}")
async def info(request: web.Request) -> web.Response:
    world = world_of(request)
    if request.match_info["who"] in (world.email, app_of(request).id):
        return answer(_owner(request))
    return answer(shapes.collaborator(world, _find(request)))


def _find(request: web.Request) -> Collaborator:
    wanted = request.match_info["who"]
    for each in world_of(request).store.all(Collaborator, app_id=app_of(request).id):
        if wanted in (each.id, each.email):
            return each
    raise not_found("collaborator")


@routes.delete("/apps/{app}/collaborators/{who}")
async def delete(request: web.Request) -> web.Response:
    world, found = world_of(request), _find(request)
    world.store.delete(found)
    return answer(shapes.collaborator(world, found))
