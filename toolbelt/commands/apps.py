"""Verbs on apps: create one as app.json has it, destroy one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from toolbelt import manifest, output
from toolbelt.errors import UsageError
from toolbelt.heroku import addons, apps, configvars
from toolbelt.heroku.apps import App
from toolbelt.manifest import Variable
from toolbelt.secret import Secret
from toolbelt.tools import Heroku, Tools

GENERATED = 32  # bytes; Heroku's `generator: secret` makes 64 hexadecimal digits


def create(tools: Tools, *, name: str, stage: str, region: str, team: str, stack: str) -> None:
    """Make the stage's app with the stack, config vars and add-ons of app.json; what is there already stays."""
    heroku = tools.heroku(stage, app=name)
    wanted = manifest.load(tools.config.root / "app.json")
    found = apps.find(heroku.client, heroku.app)
    if found is None:
        stack = stack or wanted.stack
        found = apps.create(heroku.client, heroku.app, stack=stack, region=region, team=team)
        tools.printer.step("app", f"{found.name} on the stack {found.stack}, {found.web_url or 'without an address'}")
    else:
        tools.printer.step("app", f"{found.name} was there already")
    _configure(tools, heroku, found, wanted.env)
    there = {addon.service for addon in addons.every(heroku.client, found.name)}
    for plan in wanted.addons:
        service = plan.plan.partition(":")[0]
        if service in there:
            tools.printer.step("add-on", f"{service} was there already")
            continue
        made = addons.create(heroku.client, found.name, plan.plan, attachment=plan.attachment)
        tools.printer.doing("add-on", f"{plan.plan}: {made.name} is being provisioned")
        made = addons.wait(heroku.client, found.name, made)
        tools.printer.step("add-on", f"{made.name} ({plan.plan}): {', '.join(made.config_vars)}")
    tools.printer.say(f"./inv deploy{heroku.stage.flag} brings this commit to it")


def _configure(tools: Tools, heroku: Heroku, app: App, env: Mapping[str, Variable]) -> None:
    there = configvars.every(heroku.client, app.name)
    fresh: dict[str, Secret | None] = {}
    for name, variable in env.items():
        if name in there:
            continue
        if variable.generated:
            fresh[name] = Secret(secrets.token_hex(GENERATED))
        elif variable.value:
            fresh[name] = Secret(variable.value)
        elif variable.required:
            tools.printer.warn(f"{name} has to be set: app.json requires it and has no value for it")
    if fresh:
        configvars.change(heroku.client, app.name, fresh)
        tools.printer.step("config", ", ".join(fresh))


def destroy(tools: Tools, *, name: str, stage: str, confirm: str) -> None:
    """Destroy the stage's app with its add-ons and their data, once its name has been typed."""
    heroku = tools.heroku(stage, app=name)
    found = apps.info(heroku.client, heroku.app)
    if not confirm:
        if not tools.config.interactive:
            raise UsageError(
                f"This destroys {found.name}, its databases and all that is in them",
                todo=f"Say so: ./inv apps.destroy{heroku.stage.flag} --confirm {found.name}",
            )
        tools.printer.warn(f"This destroys {found.name}, its databases and all that is in them, for good.")
        confirm = output.answer(f"Type its name to go on ({found.name}): ")
    if confirm != found.name:
        raise UsageError(f"{confirm!r} is not {found.name!r}: nothing was destroyed")
    apps.destroy(heroku.client, found.name)
    tools.printer.step("destroy", f"{found.name} is gone")
