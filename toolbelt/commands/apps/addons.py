"""Verbs on add-ons: list, create, upgrade, wait, destroy."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict

from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import addons, attachments
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.refusals import NotFound, Unprocessable
from toolbelt.tools import Heroku, Tools

ATTACHMENT = re.compile(r"^[A-Z][A-Z0-9_]*$")


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Every add-on of the app, and the config vars that lead to it."""
    heroku = tools.heroku(stage)
    found = addons.every(heroku.client, heroku.app)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [(each.name, each.plan, each.state, ", ".join(each.config_vars)) for each in found]
    tools.printer.table(("add-on", "plan", "state", "config vars"), rows)


def create(
    tools: Tools, *, plan: str, options: Sequence[str], stage: str, patience: float, attachment: str = "", name: str = ""
) -> None:
    """Add an add-on, and wait until it is there; a second one of its service only under a name that is asked for."""
    heroku = tools.heroku(stage)
    given = _options(options)
    if attachment and not ATTACHMENT.match(attachment):
        raise UsageError(f"{attachment!r} is not a name to attach as", todo="Capital letters, digits and _: --as ANALYTICS")
    there = addons.every(heroku.client, heroku.app)
    _refuse_second(heroku, plan, attachment, there)
    ids = {each.id for each in there}
    try:
        made = addons.create(
            heroku.client, heroku.app, plan, attachment=attachment, name=name, options=given, there=ids
        )  # fmt: skip
    except (NotFound, Unprocessable) as error:
        raise no_plan(heroku, plan, error) from None
    _await(tools, heroku, made, patience)


def _refuse_second(heroku: Heroku, plan: str, attachment: str, there: Sequence[Addon]) -> None:
    """UsageError where the name is taken, or where a second one of the service has none."""
    service = plan.partition(":")[0]
    if attachment:
        taken = next((each for each in attachments.every(heroku.client, heroku.app) if each.name == attachment), None)
        if taken is not None:
            raise UsageError(
                f"{heroku.app} has {taken.addon} as {attachment} already", todo=f"./inv addons{heroku.stage.flag} lists them"
            )
    elif found := next((each for each in there if each.service == service), None):
        raise UsageError(
            f"{heroku.app} has an add-on of {service} already: {found.name} ({found.plan})",
            todo=f"./inv addons.upgrade {found.name} {plan}{heroku.stage.flag} changes its plan; --as NAME adds a second one",
        )


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


def _one(heroku: Heroku, which: str) -> Addon:
    """By name, service, attachment, or a config var that leads to it; UsageError where it is none, or could be several."""
    there = addons.every(heroku.client, heroku.app)
    ids = {each.addon_id for each in attachments.every(heroku.client, heroku.app) if each.name == which}
    found = [each for each in there if each.id in ids or which in (each.name, each.id, each.service, *each.config_vars)]
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
