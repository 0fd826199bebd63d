"""Verbs plan and apply: an app as app.json and its stage have it. What is there besides is told of, and never removed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict

from toolbelt import manifest, output, provisioning, shell
from toolbelt.commands.apps.working import Case, Work, works
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import addons, apps, attachments, configvars, data, domains, features, formation, pipelines
from toolbelt.heroku.addons import Addon
from toolbelt.manifest import Manifest
from toolbelt.provisioning import Live
from toolbelt.secret import Secret
from toolbelt.tools import Heroku, Tools


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
    place = pipelines.coupling(client, app.id)
    there = addons.every(client, app.name)
    return Live(
        app=app,
        config=configvars.every(client, app.name),
        addons=there,
        attachments=attachments.every(client, app.name),
        rows=formation.every(client, app.name),
        buildpacks=apps.buildpacks(client, app.name),
        features=features.every(client, app.name),
        coupling=(pipelines.info(client, place.pipeline).name, place.stage) if place else None,
        domains=tuple(each.hostname for each in domains.every(client, app.name) if each.kind == "custom"),
        versions=_versions(heroku, wanted, there),
    )


def _versions(heroku: Heroku, wanted: Manifest, there: Sequence[Addon]) -> Mapping[str, str]:
    """Of the servers for which one is asked for. What does not answer tells none: no plan ends because of it."""
    services = {plan.service for plan in wanted.addons if "version" in plan.options} & {data.POSTGRES, data.REDIS}
    found: dict[str, str] = {}
    for addon in there:
        if addon.service in services and addon.state == "provisioned":
            with suppress(ToolbeltError):
                found[addon.id] = data.version(data.door(heroku.stage, heroku.token), addon)
    return found


def _show(tools: Tools, case: Case) -> None:
    printer, shape = tools.printer, case.shape
    printer.say(f"{case.heroku.stage.name}: {case.heroku.app}")
    for step in shape.steps:
        printer.difference(step.sign, step.kind, step.name, step.what, step.cause)
    for notice in shape.notices:
        printer.difference(provisioning.KEPT, notice.kind, notice.name, notice.what, notice.todo or "left alone")
    for name in shape.missing:
        printer.warn(f"{name} has to be set, and has no value in app.json")
    for notice in shape.notices:
        if notice.grave:
            printer.warn(f"{notice.name} is {notice.what}")
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
    work = Work("the beginning", str)
    try:
        for work in works(tools, case, given or {}):
            began = time.monotonic()
            if done := work.do():
                tools.printer.step(work.name, done, time.monotonic() - began)
    except KeyboardInterrupt:
        told = ["What is done is told above. Heroku goes on with what it was asked for.", work.doubt]
        raise Interrupted(
            f"Interrupted at: {work.name}{work.of and f' {work.of}'}",
            finding="\n".join(filter(None, told)),
            todo=f"./inv apply{case.heroku.stage.flag} does the rest",
        ) from None
    except ToolbeltError as error:
        rest = f"What is done is told above, the rest is not: ./inv apply{case.heroku.stage.flag} goes on with it."
        error.finding = "\n".join(filter(None, [error.finding, rest]))
        raise
