"""The verb doctor: what stands in the way of a deploy, and what is odd, without changing anything; a deploy begins with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from toolbelt.commands.release.looking import AT_ONCE, Look
from toolbelt.doctor import costs
from toolbelt.doctor.finding import Finding, error, warning
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import apps
from toolbelt.heroku.apps import App
from toolbelt.plan import Observed, Wanted
from toolbelt.tools import Heroku, Tools

__all__ = ["Finding", "doctor", "examine", "preflight", "report"]


def doctor(tools: Tools, *, stage: str = "", as_json: bool = False) -> None:
    """Examine this checkout, and the stage's app where it can be reached; exit status 1 if a deploy would fail."""
    heroku, app, unseen = _app(tools, stage)
    if heroku is not None:
        heroku.client.on_warning = (lambda _text: None) if as_json else tools.printer.warn
    found = (*examine(tools, heroku, app), *unseen)
    errors = [each for each in found if each.level == "error"]
    if as_json:
        tools.printer.data(
            json.dumps({"ok": not errors, "app": app.name if app else None, "findings": [asdict(each) for each in found]})
        )
    else:
        report(tools, found)
        tools.printer.say(summary(found))
    if errors:
        raise SystemExit(1)


def examine(
    tools: Tools,
    heroku: Heroku | None,
    app: App | None,
    wanted: Wanted | None = None,
    observed: Observed | None = None,
    *,
    only: Collection[str] = (),
) -> tuple[Finding, ...]:
    """All findings, in seconds and without side effects. wanted and observed: of a deploy that asks before it begins;
    only: the parts that are looked at, where not all are."""
    look = Look(tools, heroku if app is not None else None, app, wanted, observed)
    parts = {"tree": look.repository, "secrets": look.shipping, "image": look.image, "settings": look.site}
    if look.heroku is not None:
        parts |= {"app": look.app_, "dynos": look.costs, "add-ons": look.addons, "migrations": look.migrations}
    parts = {name: part for name, part in parts.items() if not only or name in only}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(each for found in pool.map(_safely, parts, parts.values()) for each in found)


def preflight(
    tools: Tools, heroku: Heroku, wanted: Wanted, observed: Observed, *, stop: bool = True, only: Collection[str] = ()
) -> None:
    """The first step of a deploy: tells what is odd, and raises ToolbeltError where something must be mended first.

    What is not committed, and which migrations come, a deploy asks about itself. stop: False where somebody knows better
    than we do what an error means, and has said so. only: of a release that is not of this checkout, parts of ``examine``.
    """
    found = examine(tools, heroku, observed.app, wanted, observed, only=only)
    asked = {"tree"} | ({"migrations"} if observed.migrations is not None else set())
    errors = [each for each in found if each.level == "error"]
    report(tools, [each for each in found if each.level == "warning" and each.topic not in asked] + ([] if stop else errors))
    for each in found:
        if each.topic == costs.PRICE:
            tools.printer.say(each.what)
    if errors and stop:
        lines = [f"{each.topic}: {each.what}{f'. {each.cause}' if each.cause else ''}" for each in errors]
        raise ToolbeltError(
            errors[0].what if len(errors) == 1 else f"{len(errors)} errors stop this deploy",
            finding="\n".join([*lines, "Nothing was built, nothing released."]),
            todo=(errors[0].fix if len(errors) == 1 else f"./inv doctor{heroku.stage.flag} tells what to do about each")
            + "; --no-doctor goes on all the same",
        )


def _safely(topic: str, part: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What one part found until it could not go on: the others are examined whatever it says."""
    found: list[Finding] = []
    try:
        for each in part():
            found.append(each)  # noqa: PERF402 (what came before the error is kept)
    except ToolbeltError as problem:
        found.append(warning(topic, f"not looked at: {problem.headline}", problem.finding, problem.todo))
    return found


def _app(tools: Tools, stage: str) -> tuple[Heroku | None, App | None, list[Finding]]:
    """The stage's app, or why it is not looked at: without a stage or a token there is still this checkout. A stage
    that somebody names must be there."""
    try:
        heroku = tools.heroku(stage)
        app = apps.find(heroku.client, heroku.app)
    except ToolbeltError as problem:
        if stage:
            raise
        return None, None, [warning("app", f"not looked at: {problem.headline}", problem.finding, problem.todo)]
    if app is None:
        return (
            heroku,
            None,
            [error("app", f"there is no app {heroku.app} for this account", "", f"./inv apps.create{heroku.stage.flag}")],
        )
    return heroku, app, []


def report(tools: Tools, found: Sequence[Finding]) -> None:
    """One line for each, errors last, where the eye is; cause and fix below those that are not well."""
    order = ("ok", "warning", "error")
    for each in sorted(found, key=lambda each: order.index(each.level)):
        tools.printer.finding(each.level, each.topic, each.what, each.cause, each.fix)


def summary(found: Sequence[Finding]) -> str:
    errors, warnings = (sum(each.level == level for each in found) for level in ("error", "warning"))
    told = f"{warnings} {'warning' if warnings == 1 else 'warnings'}"
    if errors:
        return f"{errors} {'error stops' if errors == 1 else 'errors stop'} a deploy; {told}"
    return f"A deploy may begin; {told}"
