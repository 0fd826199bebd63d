"""What an app must be, against what it is: steps, each with its cause, and what was found besides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toolbelt import variables
from toolbelt.addresses import shown_name
from toolbelt.heroku.apps import App
from toolbelt.manifest import Manifest, Plan, Variable, Wish
from toolbelt.provisioning import besides, pairing
from toolbelt.provisioning.parts import ADD, CHANGE, KEPT, Live, Notice, Shape, Step
from toolbelt.secret import Secret

__all__ = ["ADD", "CHANGE", "KEPT", "Live", "Notice", "Shape", "Step", "addon_of", "config_of", "shape", "shown_option"]


def shape(wanted: Manifest, live: Live, *, name: str) -> Shape:
    """The plan that brings the app of this name to what is wanted, in the order in which it is done."""
    steps: list[Step] = []
    notices: list[Notice] = []
    if live.app is None:
        place = ", ".join(filter(None, [f"stack {wanted.stack}" if wanted.stack else "", wanted.region, wanted.team]))
        steps.append(Step("app", name, place or "as Heroku makes it", "there is none of that name"))
    else:
        _stack(wanted, live.app, steps)
    _buildpacks(wanted, live, steps)
    _features(wanted, live, steps)
    missing = _config(wanted, live, steps, notices)
    _addons(wanted, live, steps, notices)
    _formation(wanted, live, steps, notices)
    _pipeline(wanted, live, steps, notices)
    notices += besides.found(wanted, live)
    return Shape(tuple(steps), tuple(notices), missing)


def _stack(wanted: Manifest, app: App, steps: list[Step]) -> None:
    if wanted.stack and wanted.stack != app.stack:
        steps.append(
            Step(
                "stack",
                wanted.stack,
                f"{app.stack} → {wanted.stack}",
                "app.json or the stage asks for it; it holds from the next deploy on",
                CHANGE,
            )
        )


def _buildpacks(wanted: Manifest, live: Live, steps: list[Step]) -> None:
    if wanted.buildpacks and wanted.buildpacks != live.buildpacks:
        before, after = [tuple(map(shown_name, each)) for each in (live.buildpacks, wanted.buildpacks)]
        there = ", ".join(before) or "none set: Heroku finds one out"
        steps.append(
            Step(
                "buildpacks",
                ", ".join(after),
                "with other credentials" if before == after else f"before: {there}",
                "app.json or the stage has them in this order",
                CHANGE if live.buildpacks else ADD,
            )
        )


def _features(wanted: Manifest, live: Live, steps: list[Step]) -> None:
    for name, on in wanted.features.items():
        if live.features.get(name, False) != on:
            steps.append(Step("feature", name, "on" if on else "off", "the stage asks for it", ADD if on else CHANGE))


def _addons(wanted: Manifest, live: Live, steps: list[Step], notices: list[Notice]) -> None:
    found = pairing.paired(wanted.addons, live.addons, live.attachments)
    elsewhere = {each.name: each for each in pairing.shared(live.addons, live.attachments)}
    meant = {each.addon_id for each in elsewhere.values() if each.name in [plan.name for plan in wanted.addons]}
    for plan in wanted.addons:
        addon = found.get(plan.key)
        if addon is None and (other := elsewhere.get(plan.name)) is not None:
            notices.append(Notice("add-on", other.addon, f"is {other.owner}'s, and attached as {other.name}"))
        elif addon is None:
            several = any(each.service == plan.service for each in live.addons)
            cause = f"the app has no {plan.service}{f' as {plan.name}' if several else ''}"
            steps.append(Step("add-on", plan.plan, _options(plan), cause))
        elif addon.state == "provisioning":
            steps.append(Step("wait", addon.name, f"{addon.plan} is being provisioned", "the app cannot use it yet", CHANGE))
        elif addon.state != "provisioned":
            todo = f"./inv addons.destroy {addon.name}, then apply makes it anew"
            notices.append(Notice("add-on", addon.name, f"{addon.plan} is {addon.state}: it could not be provisioned", todo))
        notices += [] if addon is None else besides.of_addon(plan, addon, live)
        if addon is not None and ":" in plan.plan and addon.plan != plan.plan:
            what = f"is {addon.plan}, and {plan.plan} is asked for"
            notices.append(Notice("add-on", addon.name, what, f"./inv addons.upgrade {addon.name} {plan.plan}"))
    asked = {addon.id for addon in found.values()}
    for addon in live.addons:
        if addon.id not in asked:
            names = ", ".join(sorted(pairing.names(addon, live.attachments)))
            notices.append(Notice("add-on", addon.name, f"{addon.plan}{f' as {names}' if names else ''} is not asked for"))
    others = [each for each in elsewhere.values() if each.addon_id not in meant]
    notices += [Notice("add-on", each.addon, f"{each.owner}'s, as {each.name}, is not asked for") for each in others]


def addon_of(wanted: Manifest, step: Step) -> Plan:
    """The add-on that a step makes, with the name that tells it from another of its service."""
    plan = next(each for each in wanted.addons if (each.plan, _options(each)) == (step.name, step.what))
    several = [each for each in wanted.addons if each.service == plan.service][1:]
    return replace(plan, attachment=plan.name) if several else plan


def _options(plan: Plan) -> str:
    options = [f"{name} {shown_option(name, value)}" for name, value in plan.options.items()]
    return ", ".join(([f"as {plan.attachment}"] if plan.attachment else []) + options)


def shown_option(name: str, value: str) -> str:
    """An add-on's option as it may be shown: an address without its password, a secret not at all."""
    if "://" in value and not variables.is_secret(name, ""):
        return shown_name(value)
    return variables.MASK if variables.is_secret(name, value) else value


def _config(wanted: Manifest, live: Live, steps: list[Step], notices: list[Notice]) -> tuple[str, ...]:
    missing = []
    for name, variable in wanted.env.items():
        step, notice = _variable(name, variable, live.config.get(name))
        if step is not None:
            steps.append(step)
        elif notice is not None:
            notices.append(notice)
        elif name not in live.config and variable.required:
            missing.append(name)
    given = {var for addon in live.addons for var in addon.config_vars} | {f"{each.name}_URL" for each in live.attachments}
    strangers = [name for name in sorted(live.config) if name not in wanted.env and name not in given]
    notices += [Notice("config", name, "is set, and not asked for") for name in strangers]
    return tuple(missing)


def _variable(name: str, variable: Variable, there: Secret | None) -> tuple[Step | None, Notice | None]:
    if there is None:
        if variable.generated:
            return Step("config", name, "a secret, made up here", "it is not set"), None
        if variable.value:
            return Step("config", name, "••••••••", "it is not set, and has a value to begin with"), None
        return None, None
    if variable.value and there.reveal() != variable.value:
        if variable.firm:
            return Step("config", name, "•••••••• → ••••••••", "the stage names its value", CHANGE), None
        return None, Notice("config", name, "has another value than app.json begins with")
    return None, None


def _formation(wanted: Manifest, live: Live, steps: list[Step], notices: list[Notice]) -> None:
    rows = {row.type: row for row in live.rows}
    for name, wish in wanted.formation.items():
        row = rows.get(name)
        if row is None:
            notices.append(
                Notice("formation", name, f"{_told(wish)} once there is such a process type: the first deploy sees to it")
            )
            continue
        before, after = f"{row.quantity} of {row.size}", _told(wish, row.size)
        if (wish.quantity, (wish.size or row.size).lower()) == (row.quantity, row.size.lower()):
            continue
        if wish.firm:
            steps.append(Step("formation", name, f"{before} → {after}", "the stage names it", CHANGE))
        else:
            notices.append(
                Notice(
                    "formation", name, f"is {before}, and app.json begins with {after}", f"./inv ps.scale {name}={wish.quantity}"
                )
            )
    extra = [row for row in live.rows if row.type not in wanted.formation and row.quantity]
    notices += [Notice("formation", row.type, f"{row.quantity} of {row.size}, not asked for") for row in extra]


def _told(wish: Wish, size: str = "") -> str:
    return f"{wish.quantity} of {wish.size or size}".removesuffix(" of ")


def _pipeline(wanted: Manifest, live: Live, steps: list[Step], notices: list[Notice]) -> None:
    asked = (wanted.pipeline, wanted.coupling)
    if not wanted.pipeline or live.coupling == asked:
        return
    if live.coupling is None:
        steps.append(Step("pipeline", wanted.pipeline, f"as {wanted.coupling}", "the stage asks for it"))
    elif live.coupling[0] == wanted.pipeline:
        steps.append(
            Step("pipeline", wanted.pipeline, f"{live.coupling[1]} → {wanted.coupling}", "the stage asks for it", CHANGE)
        )
    else:
        notices.append(Notice("pipeline", live.coupling[0], f"the app is in it, and {wanted.pipeline} is asked for"))


def config_of(wanted: Manifest, steps: Sequence[Step]) -> dict[str, Variable]:
    """The variables that the plan sets."""
    return {step.name: wanted.env[step.name] for step in steps if step.kind == "config"}
