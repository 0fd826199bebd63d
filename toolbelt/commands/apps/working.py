"""The steps of a plan as they are done."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from toolbelt import provisioning
from toolbelt.addresses import shown_name
from toolbelt.commands.apps.addons import no_plan
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import addons, apps, configvars, features, formation, pipelines
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.refusals import NotFound, Unprocessable
from toolbelt.manifest import Manifest
from toolbelt.provisioning import Live, Shape, Step
from toolbelt.secret import Secret
from toolbelt.tools import Heroku, Tools

GENERATED = 32  # bytes; Heroku's `generator: secret` makes 64 hexadecimal digits


@dataclass(frozen=True)
class Case:
    """What is wanted of an app, what there is, and the plan that follows."""

    heroku: Heroku
    wanted: Manifest
    live: Live
    shape: Shape


@dataclass(frozen=True)
class Work:
    """A piece of work, which tells what it has done; doubt: what a person has to know who ends it in its middle."""

    name: str
    do: Callable[[], str]
    of: str = ""
    doubt: str = ""


def works(tools: Tools, case: Case, given: dict[str, Secret]) -> Iterator[Work]:
    """The steps as they are done: all config vars in one call, add-ons begun together and then waited for."""
    kinds = [step.kind for step in case.shape.steps]
    configured = not given
    begun: list[Addon] = []
    doubt = f"It may have been made all the same: ./inv addons{case.heroku.stage.flag} tells; the next apply goes on with it."
    for number, step in enumerate(case.shape.steps):
        if step.kind == "config":
            if "config" not in kinds[:number]:
                configured = True
                yield Work("config", lambda: _configure(case, given))
        elif step.kind == "add-on":
            yield Work("add-on", partial(_begin, tools, case, step, begun), step.name, doubt)
        elif step.kind == "wait":
            begun += [each for each in case.live.addons if each.name == step.name]
        else:
            yield Work(step.kind, partial(DO[step.kind], case, step), step.name)
    if not configured:
        yield Work("config", lambda: _configure(case, given))
    for addon in begun:
        yield Work("add-on", partial(_provisioned, case, addon), addon.name)


def _begin(tools: Tools, case: Case, step: Step, begun: list[Addon]) -> str:
    """Tells nothing of its own: the step is done when the add-on is there."""
    made = _add(case, step, begun)
    begun.append(made)
    tools.printer.doing("add-on", f"{step.name}: {made.name} is being provisioned")
    return ""


def _provisioned(case: Case, addon: Addon) -> str:
    made = addons.wait(case.heroku.client, case.heroku.app, addon)
    return f"{made.name} ({made.plan}): {', '.join(made.config_vars)}"


def _create(case: Case, _step: Step) -> str:
    wanted = case.wanted
    made = apps.create(case.heroku.client, case.heroku.app, stack=wanted.stack, region=wanted.region, team=wanted.team)
    return f"{made.name} on the stack {made.stack}, {made.web_url or 'without an address'}"


def _stack(case: Case, step: Step) -> str:
    apps.change_stack(case.heroku.client, case.heroku.app, step.name)
    return step.what


def _buildpacks(case: Case, step: Step) -> str:
    try:
        apps.set_buildpacks(case.heroku.client, case.heroku.app, case.wanted.buildpacks)
    except ToolbeltError as error:
        for each in case.wanted.buildpacks:  # Heroku may repeat what it refuses
            error.finding = error.finding.replace(each, shown_name(each))
        raise
    return step.name


def _feature(case: Case, step: Step) -> str:
    switch = features.enable if case.wanted.features[step.name] else features.disable
    switch(case.heroku.client, case.heroku.app, step.name)
    return f"{step.name} {step.what}"


def _configure(case: Case, given: dict[str, Secret]) -> str:
    values: dict[str, Secret | None] = {**given}
    for name, variable in provisioning.config_of(case.wanted, case.shape.steps).items():
        values[name] = Secret(secrets.token_hex(GENERATED) if variable.generated else variable.value)
    configvars.change(case.heroku.client, case.heroku.app, values)
    return ", ".join(values)


def _add(case: Case, step: Step, begun: Sequence[Addon]) -> Addon:
    plan = provisioning.addon_of(case.wanted, step)
    client, app = case.heroku.client, case.heroku.app
    there = {each.id for each in (*case.live.addons, *begun)}
    try:
        return addons.create(client, app, plan.plan, attachment=plan.attachment, options=plan.options, there=there)
    except ToolbeltError as error:
        for name, value in plan.options.items():  # Heroku may repeat what it refuses
            error.finding = error.finding.replace(value, provisioning.shown_option(name, value)) if value else error.finding
        if isinstance(error, NotFound | Unprocessable):
            raise no_plan(case.heroku, plan.plan, error) from None
        raise


def _formation(case: Case, step: Step) -> str:
    wish = case.wanted.formation[step.name]
    formation.scale(case.heroku.client, case.heroku.app, {step.name: (wish.quantity, wish.size)})
    return f"{step.name}: {step.what}"


def _pipeline(case: Case, step: Step) -> str:
    client = case.heroku.client
    app = apps.info(client, case.heroku.app)
    found = pipelines.find(client, step.name) or pipelines.create(client, step.name, like=app.name)
    if case.live.coupling is not None:
        pipelines.uncouple(client, app.id)
    pipelines.couple(client, app.id, found, case.wanted.coupling)
    return f"{step.name}: {step.what}"


DO: dict[str, Callable[[Case, Step], str]] = {
    "app": _create,
    "stack": _stack,
    "buildpacks": _buildpacks,
    "feature": _feature,
    "formation": _formation,
    "pipeline": _pipeline,
}
