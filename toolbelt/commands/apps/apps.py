"""Verbs on apps: create one as app.json has it, destroy one."""

from __future__ import annotations

from toolbelt.commands.apps import applying
from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.heroku import apps
from toolbelt.tools import Tools


def create(tools: Tools, *, name: str, stage: str, region: str, team: str, stack: str) -> None:
    """Make the stage's app with the stack, config vars and add-ons of app.json; what is there already stays."""
    heroku = tools.heroku(stage, app=name)
    case = applying.examine(tools, heroku, stack=stack, region=region, team=team)
    if case.live.app is not None:
        tools.printer.step("app", f"{heroku.app} was there already")
    applying.carry_out(tools, case)
    for variable in case.shape.missing:
        tools.printer.warn(f"{variable} has to be set: app.json requires it and has no value for it")
    tools.printer.say(f"./inv deploy{heroku.stage.flag} brings this commit to it")


def destroy(tools: Tools, *, name: str, stage: str, confirm: str) -> None:
    """Destroy the stage's app with its add-ons and their data, once its name has been typed."""
    heroku = tools.heroku(stage, app=name)
    found = apps.info(heroku.client, heroku.app)
    what = f"This destroys {found.name}, its databases and all that is in them, for good"
    confirmed(tools, found.name, what=what, given=confirm, verb=f"apps.destroy{heroku.stage.flag}")
    apps.destroy(heroku.client, found.name)
    tools.printer.step("destroy", f"{found.name} is gone")
