"""Verbs plan and apply: an app as app.json and its stage have it. What is there besides is told of, and never removed."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from toolbelt import manifest, output, provisioning, shell
from toolbelt.addresses import shown_name
from toolbelt.commands.apps.addons import no_plan
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import addons, apps, attachments, configvars, features, formation, pipelines
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


def plan(tools: Tools, *, stage: str, as_json: bool) -> None:
    """What apply would do, each step with its cause; nothing is done."""
    case = examine(tools, tools.heroku(stage))
    if as_json:
        told = {"app": case.heroku.app, "steps": [asdict(each) for each in case.shape.steps]}
        told |= {"left_alone": [asdict(each) for each in case.shape.notices], "missing": list(case.shape.missing)}
        tools.printer.data(json.dumps(told, indent=2, ensure_ascii=False))
        return
    _show(tools, case)


def apply(tools: Tools, *, stage: str, yes: bool, app: str = "") -> None:
    """Bring the app to what is wanted: exactly the plan, in its order; what an interrupted run has done stays done."""
    heroku = tools.heroku(stage, app=app)
    case = examine(tools, heroku)
    _show(tools, case)
    if not case.shape.steps and not case.shape.missing:
        return
    given = _given(tools, case)
    if case.shape.steps and not yes and tools.config.interactive and not output.ask("Apply it?"):
        raise ToolbeltError("Nothing was done")
    carry_out(tools, case, given)
    tools.printer.say(f"{heroku.app} is as it should be; ./inv deploy{heroku.stage.flag} brings this commit to it")
    if case.live.app is None and (script := case.wanted.scripts.get(manifest.POSTDEPLOY)):
        line = shell.quote([script.command])
        tools.printer.say(f"  app.json's postdeploy is for after the first one: ./inv run{heroku.stage.flag} -- {line}")


def examine(tools: Tools, heroku: Heroku, *, stack: str = "", region: str = "", team: str = "") -> Case:
    """The plan for the stage's app; what is given here goes before the stage and app.json."""
    base = manifest.load(tools.config.root / "app.json")
    asked = {key: value for key, value in (("region", region), ("team", team)) if value}
    wanted = manifest.differing(base, heroku.stage.name, {**heroku.stage.differences, **asked})
    if stack:
        wanted = manifest.on_stack(wanted, stack)
    live = _live(heroku, wanted)
    return Case(heroku, wanted, live, provisioning.shape(wanted, live, name=heroku.app))


def _live(heroku: Heroku, wanted: Manifest) -> Live:
    client = heroku.client
    app = apps.find(client, heroku.app)
    if app is None:
        return Live()
    apps.refuse_fir(app)
    place = pipelines.coupling(client, app.id) if wanted.pipeline else None
    return Live(
        app=app,
        config=configvars.every(client, app.name),
        addons=addons.every(client, app.name),
        attachments=attachments.every(client, app.name),
        rows=formation.every(client, app.name),
        buildpacks=apps.buildpacks(client, app.name) if wanted.buildpacks else (),
        features=features.every(client, app.name) if wanted.features else {},
        coupling=(pipelines.info(client, place.pipeline).name, place.stage) if place else None,
    )


def _show(tools: Tools, case: Case) -> None:
    printer, shape = tools.printer, case.shape
    printer.say(f"{case.heroku.stage.name}: {case.heroku.app}")
    for step in shape.steps:
        printer.difference(step.sign, step.kind, step.name, step.what, step.cause)
    for notice in shape.notices:
        printer.difference(provisioning.KEPT, notice.kind, notice.name, notice.what, notice.todo or "left alone")
    for name in shape.missing:
        printer.warn(f"{name} has to be set, and has no value in app.json")
    if not shape.steps and not shape.missing:
        printer.say("Nothing is to be done.")


def _given(tools: Tools, case: Case) -> dict[str, Secret]:
    """Values for what only a person can give; UsageError where nobody is there, before anything is done."""
    if case.shape.missing and not tools.config.interactive:
        names = " ".join(f"{name}=…" for name in case.shape.missing)
        first = "" if case.live.app else "./inv apps.create, then "
        raise UsageError(
            f"{', '.join(case.shape.missing)}: required, and without a value",
            finding="Nothing was done.",
            todo=f"{first}./inv config.set {names}{case.heroku.stage.flag}",
        )
    given = {name: Secret(output.hidden(f"{name}: ")) for name in case.shape.missing}
    if empty := [name for name, value in given.items() if not value]:
        raise UsageError(f"{', '.join(empty)}: required, and there was no value", finding="Nothing was done.")
    return given


def carry_out(tools: Tools, case: Case, given: dict[str, Secret] | None = None) -> None:
    """Do the steps. What did not come to its end is in the next run's plan: an interruption loses nothing."""
    where = "the beginning"
    try:
        for where, work in _works(tools, case, given or {}):
            began = time.monotonic()
            tools.printer.step(where, work(), time.monotonic() - began)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted at: {where}",
            finding="What is done is told above. Heroku goes on with what it was asked for.",
            todo=f"./inv apply{case.heroku.stage.flag} does the rest",
        ) from None
    except ToolbeltError as error:
        rest = f"What is done is told above, the rest is not: ./inv apply{case.heroku.stage.flag} goes on with it."
        error.finding = "\n".join(filter(None, [error.finding, rest]))
        raise


def _works(tools: Tools, case: Case, given: dict[str, Secret]) -> Iterator[tuple[str, Callable[[], str]]]:
    """The steps as they are done: all config vars in one call, add-ons begun together and then waited for."""
    kinds = [step.kind for step in case.shape.steps]
    configured = not given
    begun: list[Addon] = []
    for number, step in enumerate(case.shape.steps):
        if step.kind == "config":
            if "config" not in kinds[:number]:
                configured = True
                yield "config", lambda: _configure(case, given)
        elif step.kind == "add-on":
            made = _add(case, step, begun)
            begun.append(made)
            tools.printer.doing("add-on", f"{step.name}: {made.name} is being provisioned")
        elif step.kind == "wait":
            begun += [each for each in case.live.addons if each.name == step.name]
        else:
            yield step.kind, partial(DO[step.kind], case, step)
    if not configured:
        yield "config", lambda: _configure(case, given)
    for addon in begun:
        yield "add-on", partial(_provisioned, case, addon)


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
    except (NotFound, Unprocessable) as error:
        raise no_plan(case.heroku, plan.plan, error) from None


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
