"""Verbs on add-ons: list, create, upgrade, wait, destroy."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict

from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import addons
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.refusals import NotFound, Unprocessable
from toolbelt.tools import Heroku, Tools


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Every add-on of the app, and the config vars that lead to it."""
    heroku = tools.heroku(stage)
    found = addons.every(heroku.client, heroku.app)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [(each.name, each.plan, each.state, ", ".join(each.config_vars)) for each in found]
    tools.printer.table(("add-on", "plan", "state", "config vars"), rows)


def create(tools: Tools, *, plan: str, name: str, options: Sequence[str], stage: str, patience: float) -> None:
    """Add an add-on, and wait until it is there."""
    heroku = tools.heroku(stage)
    given = _options(options)
    if there := _of_service(heroku, plan):
        raise UsageError(
            f"{heroku.app} has an add-on of {there.service} already: {there.name} ({there.plan})",
            todo=f"./inv addons.upgrade {there.name} {plan}{heroku.stage.flag} changes its plan",
        )
    try:
        made = addons.create(heroku.client, heroku.app, plan, attachment=name, options=given)
    except (NotFound, Unprocessable) as error:
        raise no_plan(heroku, plan, error) from None
    _await(tools, heroku, made, patience)


def upgrade(tools: Tools, *, addon: str, plan: str, stage: str) -> None:
    """Change an add-on's plan; its data stays as the provider keeps it."""
    heroku = tools.heroku(stage)
    found = _one(heroku, addon)
    if plan == found.plan:
        tools.printer.step("add-on", f"{found.name} is on {plan} already")
        return
    try:
        changed = addons.change(heroku.client, heroku.app, found.name, plan)
    except (NotFound, Unprocessable) as error:
        raise no_plan(heroku, plan, error) from None
    tools.printer.step("add-on", f"{changed.name}: {found.plan} → {changed.plan}")


def wait(tools: Tools, *, addon: str, stage: str, patience: float) -> None:
    """Return when the add-on is there, or all of them."""
    heroku = tools.heroku(stage)
    found = [_one(heroku, addon)] if addon else addons.every(heroku.client, heroku.app)
    if not found:
        tools.printer.say(f"{heroku.app} has no add-on.")
    for each in found:
        _await(tools, heroku, each, patience)


def destroy(tools: Tools, *, addon: str, stage: str, confirm: str) -> None:
    """Destroy an add-on with its data, once the app's name has been typed."""
    heroku = tools.heroku(stage)
    found = _one(heroku, addon)
    what = f"This destroys {found.name} ({found.plan}) of {heroku.app}, and all the data in it, for good"
    confirmed(tools, heroku.app, what=what, given=confirm, verb=f"addons.destroy {found.name}{heroku.stage.flag}")
    addons.destroy(heroku.client, heroku.app, found.name)
    tools.printer.step("destroy", f"{found.name} is gone, and {', '.join(found.config_vars) or 'no config var'} with it")


def _await(tools: Tools, heroku: Heroku, addon: Addon, patience: float) -> None:
    began = time.monotonic()
    if addon.state == "provisioning":
        tools.printer.doing("add-on", f"{addon.plan}: {addon.name} is being provisioned")
    try:
        made = addons.wait(heroku.client, heroku.app, addon, patience=patience)
    except KeyboardInterrupt:
        raise Interrupted(
            f"{addon.name} is still being provisioned",
            finding="Heroku goes on with it, and sets its config vars when it is there.",
            todo=f"./inv addons.wait {addon.name}{heroku.stage.flag}",
        ) from None
    tools.printer.step("add-on", f"{made.name} ({made.plan}): {', '.join(made.config_vars)}", time.monotonic() - began)


def _of_service(heroku: Heroku, plan: str) -> Addon | None:
    service = plan.partition(":")[0]
    return next((each for each in addons.every(heroku.client, heroku.app) if each.service == service), None)


def _one(heroku: Heroku, which: str) -> Addon:
    """By name, service, or a config var that leads to it; UsageError where it is none, or could be several."""
    there = addons.every(heroku.client, heroku.app)
    found = [each for each in there if which in (each.name, each.id, each.service, *each.config_vars)]
    if len(found) == 1:
        return found[0]
    headline = f"{heroku.app} has several add-ons {which}" if found else f"{heroku.app} has no add-on {which}"
    raise UsageError(headline, todo=f"There are: {', '.join(each.name for each in found or there) or 'none'}")


def _options(pairs: Sequence[str]) -> dict[str, str]:
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise UsageError(f"{wrong[0]!r} is not an option", todo="An option is NAME=value: --option version=18")
    return dict(pair.split("=", 1) for pair in pairs)


def no_plan(heroku: Heroku, plan: str, error: ToolbeltError) -> ToolbeltError:
    """Heroku's refusal, with the plans that there are: old tutorials name plans that are gone."""
    service = plan.partition(":")[0]
    try:
        there = addons.plans(heroku.client, service)
    except ToolbeltError:
        return error
    if plan in there:
        return error
    return UsageError(f"There is no plan {plan}", finding=error.finding, todo=f"There are: {', '.join(there[:12])}")
