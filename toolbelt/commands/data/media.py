"""Verbs on uploaded files: media.pull, media.push, between the folder media/ and the app's bucket."""

from __future__ import annotations

import time

from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.data import bucket
from toolbelt.data.bucket import Door, Item
from toolbelt.errors import Interrupted, ToolbeltError
from toolbelt.heroku import configvars
from toolbelt.output import size
from toolbelt.tools import Heroku, Tools

FOLDER = "media"
AGAIN = "What has arrived is whole and stays; the same command fetches the rest."


def pull(tools: Tools, *, stage: str, dry_run: bool) -> None:
    """Files of the app's bucket that media/ has not, or has otherwise; nothing of media/ is removed."""
    heroku = tools.heroku(stage)
    door, folder = _door(heroku), tools.config.root / FOLDER
    places = {item: bucket.inside(folder, name) for name, item in door.items().items()}
    for item in (each for each, place in places.items() if place is None and not each.name.endswith("/")):
        tools.printer.warn(f"{item.name} leads out of {FOLDER}/, and is left out")
    wanted = {item: place for item, place in places.items() if place is not None and not bucket.same(item, place)}
    if _told(tools, list(wanted), "fetch", dry_run=dry_run):
        return
    began = time.monotonic()
    try:
        with tools.printer.transfer("media", sum(item.size for item in wanted)) as advance:
            for item, place in wanted.items():
                door.fetch(item, place, advance)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted", finding=AGAIN) from None
    except OSError as error:
        raise ToolbeltError("A file could not be written", finding=f"{error.strerror}: {error.filename}. {AGAIN}") from None
    whole = size(sum(item.size for item in wanted))
    tools.printer.step("media", f"{len(wanted)} files, {whole}, into {FOLDER}/", time.monotonic() - began)


def push(tools: Tools, *, stage: str, dry_run: bool, confirm: str) -> None:
    """Files of media/ that the app's bucket has not, or has otherwise; nothing of the bucket is removed."""
    heroku = tools.heroku(stage)
    door, folder = _door(heroku), tools.config.root / FOLDER
    there, here = door.items(), bucket.in_folder(folder)
    wanted = [item for name, item in here.items() if name not in there or not bucket.same(there[name], folder / name)]
    if _told(tools, wanted, "send", dry_run=dry_run):
        return
    if heroku.stage.protected:
        over = sum(item.name in there for item in wanted)
        what = f"This sends {len(wanted)} files to the bucket of {heroku.app}, and replaces {over} that are there"
        confirmed(tools, heroku.app, what=what, given=confirm, verb=f"media.push{heroku.stage.flag}")
    began = time.monotonic()
    try:
        with tools.printer.transfer("media", sum(item.size for item in wanted)) as advance:
            for item in wanted:
                door.send(folder / item.name, item.name, advance)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted", finding=AGAIN.replace("fetches", "sends")) from None
    whole = size(sum(item.size for item in wanted))
    tools.printer.step("media", f"{len(wanted)} files, {whole}, to {heroku.app}", time.monotonic() - began)


def _door(heroku: Heroku) -> Door:
    return Door(bucket.of_config(configvars.every(heroku.client, heroku.app), app=heroku.app))


def _told(tools: Tools, wanted: list[Item], verb: str, *, dry_run: bool) -> bool:
    """Say what there is to do; whether that is all."""
    if not wanted:
        tools.printer.step("media", f"nothing to {verb}: both have the same")
        return True
    if dry_run:
        for item in wanted:
            tools.printer.planned(verb, item.name, size(item.size))
    return dry_run
