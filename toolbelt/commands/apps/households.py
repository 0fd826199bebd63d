"""Verbs on an app as a whole, and on who may work on it: list, rename, maintenance, access, pipelines."""

from __future__ import annotations

import json
from dataclasses import asdict

from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import apps, collaborators, pipelines
from toolbelt.stages import APP
from toolbelt.tools import Tools


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Every app that the stage's account sees."""
    found = apps.every(tools.heroku(stage).client)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [(each.name, each.stack, each.region, "maintenance" if each.maintenance else "", each.web_url) for each in found]
    tools.printer.table(("app", "stack", "region", "", "address"), rows)


def rename(tools: Tools, *, to: str, stage: str) -> None:
    """Give the stage's app another name; its address changes with it."""
    heroku = tools.heroku(stage)
    if not APP.match(to):
        raise UsageError(f"{to!r} is not a name for an app", todo="3 to 30 of a-z, 0-9 and -, a letter first")
    made = apps.rename(heroku.client, heroku.app, to)
    if (record := tools.printer.record) is not None:
        record.place["app"] = made.name
    tools.printer.step("rename", f"{heroku.app} → {made.name}, {made.web_url}")
    tools.printer.say(f'  pyproject.toml still has the old name: [tool.djheroku.stages.{heroku.stage.name}] app = "{made.name}"')


def maintenance(tools: Tools, *, switch: str, stage: str) -> None:
    """Switch maintenance mode on or off, or tell which it is."""
    heroku = tools.heroku(stage)
    if switch not in ("", "on", "off"):
        raise UsageError(f"{switch!r} is neither on nor off", todo=f"./inv maintenance on{heroku.stage.flag}")
    found = apps.maintain(heroku.client, heroku.app, on=switch == "on") if switch else apps.info(heroku.client, heroku.app)
    told = "on: visitors see its page, not the site" if found.maintenance else "off"
    tools.printer.step("maintenance", f"{told} ({found.name})")


def access(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Who may work on the app."""
    heroku = tools.heroku(stage)
    found = collaborators.every(heroku.client, heroku.app)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) for each in found], indent=2))
        return
    tools.printer.table(("who", "role"), [(each.email, each.role) for each in found])


def add_access(tools: Tools, *, email: str, stage: str) -> None:
    """Let somebody work on the app."""
    heroku = tools.heroku(stage)
    if "@" not in email:
        raise UsageError(f"{email!r} is not an e-mail address")
    if any(each.email == email for each in collaborators.every(heroku.client, heroku.app)):
        tools.printer.step("access", f"{email} may work on {heroku.app} already")
        return
    collaborators.add(heroku.client, heroku.app, email)
    tools.printer.step("access", f"{email} may work on {heroku.app}")


def remove_access(tools: Tools, *, email: str, stage: str) -> None:
    """Take somebody's right to work on the app away."""
    heroku = tools.heroku(stage)
    there = [each.email for each in collaborators.every(heroku.client, heroku.app)]
    if email not in there:
        raise UsageError(f"{email} has no access to {heroku.app}", todo=f"There are: {', '.join(there)}")
    collaborators.remove(heroku.client, heroku.app, email)
    tools.printer.step("access", f"{email} may no longer work on {heroku.app}")


def every_pipeline(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Pipelines, and which apps are where in them."""
    client = tools.heroku(stage).client
    names = {each.id: each.name for each in apps.every(client)}
    found = {
        each.name: [
            (place.stage, names.get(place.app, "an app of somebody else's")) for place in pipelines.couplings(client, each.id)
        ]
        for each in pipelines.every(client)
    }
    if as_json:
        tools.printer.data(json.dumps({name: [list(place) for place in places] for name, places in found.items()}, indent=2))
        return
    order = {name: number for number, name in enumerate(pipelines.STAGES)}
    rows = [
        (name, place, app)
        for name, places in found.items()
        for place, app in sorted(places, key=lambda each: (order[each[0]], each[1]))
    ]
    tools.printer.table(("pipeline", "place", "app"), rows)


def add_to_pipeline(tools: Tools, *, pipeline: str, place: str, stage: str) -> None:
    """Give the stage's app a place in a pipeline, which is made if there is none of that name."""
    heroku = tools.heroku(stage)
    if place not in pipelines.STAGES:
        raise UsageError(f"{place!r} is no place in a pipeline", todo=f"There are: {', '.join(pipelines.STAGES)}")
    app = apps.info(heroku.client, heroku.app)
    if (there := pipelines.coupling(heroku.client, app.id)) is not None:
        name = pipelines.info(heroku.client, there.pipeline).name
        if (name, there.stage) == (pipeline, place):
            tools.printer.step("pipeline", f"{app.name} is {place} of {pipeline} already")
            return
        raise ToolbeltError(f"{app.name} is {there.stage} of {name}", todo=f"./inv pipelines.remove{heroku.stage.flag} first")
    found = pipelines.find(heroku.client, pipeline) or pipelines.create(heroku.client, pipeline, like=app.name)
    pipelines.couple(heroku.client, app.id, found, place)
    tools.printer.step("pipeline", f"{app.name} is {place} of {found.name}")


def remove_from_pipeline(tools: Tools, *, stage: str) -> None:
    """Take the stage's app out of its pipeline."""
    heroku = tools.heroku(stage)
    app = apps.info(heroku.client, heroku.app)
    if pipelines.coupling(heroku.client, app.id) is None:
        tools.printer.step("pipeline", f"{app.name} is in none")
        return
    pipelines.uncouple(heroku.client, app.id)
    tools.printer.step("pipeline", f"{app.name} is in none any more")
