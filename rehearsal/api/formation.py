"""formation: how many dynos of which size; with ``version=3.docker-releases`` also which images: a release."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from rehearsal.api import shapes
from rehearsal.api.base import answer, app_of, body, identity, only, variant, world_of
from rehearsal.api.errors import ApiError, invalid, not_found
from rehearsal.api.paging import listing
from rehearsal.dynos import contract
from rehearsal.records import App, Formation, Image
from rehearsal.registry import ImageUnavailable
from rehearsal.world import World

routes = web.RouteTableDef()

DOCKER = "docker-releases"
LARGEST = 100


def find(world: World, app: App, wanted: str) -> Formation:
    for entry in world.store.all(Formation, app_id=app.id):
        if wanted in (entry.type, entry.id):
            return entry
    raise ApiError(404, "not_found", "Couldn't find that process type.", resource="formation")


@routes.get("/apps/{app}/formation")
async def list_(request: web.Request) -> web.Response:
    world, app = world_of(request), app_of(request)
    entries = world.store.all(Formation, app_id=app.id)
    return listing(request, entries, lambda each: shapes.formation(world, each), by=("type", "id"))


@routes.get("/apps/{app}/formation/{type}")
async def info(request: web.Request) -> web.Response:
    world = world_of(request)
    return answer(shapes.formation(world, find(world, app_of(request), request.match_info["type"])))


@routes.patch("/apps/{app}/formation")
async def batch(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    updates = values.get("updates")
    if not isinstance(updates, list) or not all(isinstance(each, dict) for each in updates):
        raise invalid("Require params: updates.")
    types = await _apply(request, world, app, updates)
    entries = [entry for entry in world.store.all(Formation, app_id=app.id) if entry.type in types]
    return answer([shapes.formation(world, entry) for entry in entries])


@routes.patch("/apps/{app}/formation/{type}")
async def update(request: web.Request) -> web.Response:
    world, app, values = world_of(request), app_of(request), await body(request)
    wanted = request.match_info["type"]
    known = [entry for entry in world.store.all(Formation, app_id=app.id) if wanted in (entry.type, entry.id)]
    type_ = known[0].type if known else wanted
    await _apply(request, world, app, [{**values, "type": type_}])
    entry = world.store.one(Formation, app_id=app.id, type=type_)
    return answer(shapes.formation(world, entry or known[0]))


async def _apply(request: web.Request, world: World, app: App, updates: list[dict[str, Any]]) -> set[str]:
    """Check everything, then change everything: all in one release, or nothing."""
    docker = variant(request) == DOCKER
    for each in updates:
        each["type"] = each.get("type") or each.get("process")
        only(each, "type", "process", "quantity", "size", "dyno_size", "command", *(["docker_image"] if docker else []))
    if any("docker_image" in each for each in updates):
        await _release_images(world, app, updates)
    changes = {each["type"]: _changes(world, app, each) for each in updates}
    if any(changes.values()):
        entries = world.store.all(Formation, app_id=app.id)
        _check_sizes([replace(entry, **changes.get(entry.type, {})) for entry in entries], set(changes))
    scaled = []
    for type_, change in changes.items():
        if change:
            entry = world.store.change(find(world, app, type_), **change)
            scaled.append(f"{type_}@{entry.quantity}:{entry.size}")
    if scaled:
        world.logs.api(app.id, f"Scaled to {' '.join(scaled)} by user {world.email}")
        await world.dynos.scale(app)
    return set(changes)


def _changes(world: World, app: App, update: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the formation entry that an update changes; raises the error for one that is wrong."""
    entry = find(world, app, update["type"])
    changes: dict[str, Any] = {}
    if update.get("quantity") is not None:
        quantity = update["quantity"]
        # `heroku ps:scale` sends a string, and for worker+1 one that counts from what there is.
        if isinstance(quantity, str) and re.fullmatch(r"[+-]?\d{1,4}", quantity):
            quantity = int(quantity) + (entry.quantity if quantity[0] in "+-" else 0)
        if not isinstance(quantity, int) or isinstance(quantity, bool) or not 0 <= quantity <= LARGEST:
            raise invalid(f"Quantity must be a number from 0 to {LARGEST}.")
        changes["quantity"] = quantity
    if wanted := identity(update.get("size") or update.get("dyno_size")):
        size = contract.size(wanted)
        if size is None:
            raise no_such_size(wanted)
        changes["size"] = size.name
    return changes


def no_such_size(wanted: str) -> ApiError:
    """In Heroku's words [daemonsy/hubot-heroku#17]; which sizes it offers is another matter today."""
    *names, last = [size.name for size in contract.SIZES]
    return invalid(f"No such size as {wanted}. Available dyno sizes are {', '.join(names)} and {last}.")


def _check_sizes(entries: list[Formation], asked: set[str]) -> None:
    """Raise Heroku's errors for sizes that do not go together, and for more Eco or Basic dynos than one of a process type.

    "If an app uses Basic dynos, it can use only Basic dynos for all of its process types", and the same for Eco: Dev
    Center's article on dyno types, by heart. The messages are as people quote them (heroku/heroku-apps#166,
    dhyegocalota/visa-appointment-tracker#10); the ids, and that process types without dynos do not count, are guesses.
    """
    running = [(entry, size) for entry in entries if entry.quantity > 0 and (size := contract.size(entry.size)) is not None]
    for entry, size in running:
        if entry.type in asked and size.tier != contract.PROFESSIONAL and entry.quantity > 1:
            message = f"Cannot update to more than 1 {size.name} size dynos per process type."
            raise ApiError(422, "cannot_update_above_limit", message, limit=1, size=entry.quantity)
    if len({size.tier for _, size in running}) > 1:
        names = dict.fromkeys(each.name for each in contract.SIZES if any(size is each for _, size in running))
        raise invalid(f"Cannot use the following dyno types in the same app: {' and '.join(names)}")


async def _release_images(world: World, app: App, updates: list[dict[str, Any]]) -> None:
    """One release with the images that the updates name, beside those that run already; null removes one."""
    if "container" not in (app.stack, app.build_stack):
        raise invalid(f"This app's stack is {app.stack}, and images need the stack container (heroku stack:set container).")
    current = world.releases.newest_succeeded(app)
    images: dict[str, Image] = dict(current.images) if current else {}
    deployed, removed = [], []
    for update in updates:
        if "docker_image" not in update:
            continue
        type_, digest = str(update["type"]), update["docker_image"]
        if digest is None:
            if images.pop(type_, None) is None:
                raise not_found("process type")
            removed.append(type_)
            continue
        try:
            images[type_] = await _image(world, app, type_, str(digest))
        except ImageUnavailable as error:
            raise ApiError(404, "not_found", str(error), resource="docker_image") from error
        deployed.append(f"{type_} ({str(digest).removeprefix('sha256:')[:12]})")
    newest = world.releases.of(app)[-1]
    if newest.status != "failed" and _digests(newest.images) == _digests(images):
        return  # nothing new: no release
    parts = [f"Deployed {', '.join(deployed)}"] if deployed else []
    parts += [f"Removed {', '.join(removed)}"] if removed else []
    await world.releases.create(app, " and ".join(parts), images=images)


def _digests(images: Mapping[str, Image]) -> dict[str, str]:
    return {type_: image.digest for type_, image in images.items()}


async def _image(world: World, app: App, type_: str, digest: str) -> Image:
    """The image of a process type with what it runs, in words. Raises ImageUnavailable."""
    config = (await world.registry.config(app, type_, digest)).get("config") or {}
    entrypoint, command = list(config.get("Entrypoint") or []), list(config.get("Cmd") or [])
    in_shell = command[:2] == ["/bin/sh", "-c"] and len(command) == 3
    shown = command[2] if in_shell else shlex.join(command)
    if not entrypoint and not command:
        raise ImageUnavailable(f"the image of {type_} has neither CMD nor ENTRYPOINT")
    shown = " ".join(word for word in (shlex.join(entrypoint), shown) if word)
    return Image(digest=digest, ref=await world.registry.pull(app, type_, digest), command=shown)
