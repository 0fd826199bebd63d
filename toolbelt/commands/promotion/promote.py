"""The verb promote: the very image or slug that runs on one app is released on another, and proves itself there."""

from __future__ import annotations

import time
from dataclasses import replace

from toolbelt import git, manifest
from toolbelt import plan as planning
from toolbelt.commands.promotion import comparing, coupling, pinning, trusting
from toolbelt.commands.promotion import ways as promoting
from toolbelt.commands.promotion.pinning import Origin
from toolbelt.commands.release import outputs
from toolbelt.commands.release.deploying import Options, Run
from toolbelt.commands.release.doctor import preflight
from toolbelt.commands.release.observing import app_of, observe
from toolbelt.commands.release.through import holding, see_through
from toolbelt.errors import UsageError
from toolbelt.heroku.apps import App
from toolbelt.output import Printer
from toolbelt.plan import IMAGE, Observed, Step, Wanted
from toolbelt.tools import Heroku, Tools

SLUG = "slug"


def promote(
    tools: Tools,
    *,
    source: str = "staging",
    target: str = "production",
    commit: str = "",
    make_pipeline: str = "",
    dry_run: bool = False,
    patience: float = 180,
    options: Options | None = None,
) -> None:
    """Release on the target what runs on the source, byte for byte, and come back when it has proved itself there.

    commit: the only one that is to be promoted, or its beginning; whoever approved of one does not mean another.
    """
    began = time.monotonic()
    options = options or Options()
    theirs, heroku = tools.heroku(source), tools.heroku(target)
    if (theirs.stage.api, theirs.app) == (heroku.stage.api, heroku.app):
        raise UsageError(f"{source} and {target} are one app: {heroku.app}", todo="./inv promote --from … --to …")
    origin, app = pinning.pin(theirs), app_of(heroku)
    _same_kind(origin, app, heroku)
    trusting.proven(tools, origin)
    origin = replace(origin, commit=trusting.confirm(tools, origin, wanted=commit))
    if (there := trusting.runs(tools, heroku, app, origin)) is not None:
        tools.printer.say(f"Nothing to promote: {app.name} {there.name} runs what {origin.name} runs; 0 bytes were sent")
        outputs.write(options.outputs, url=app.web_url, release=there.name, commit=origin.commit)
        return
    line = coupling.line(origin, heroku, app, make=make_pipeline) if origin.slug else None
    wanted = _want(tools, heroku, origin, verify=options.verify)
    observed = observe(tools, heroku, app, wanted, IMAGE if line is None else SLUG)
    steps = promoting.steps(origin, line, observed.features, observed.newest)
    planned = (*planning.before(observed), *steps, *planning.after(wanted, observed))
    preflight(tools, heroku, wanted, observed, stop=options.doctor, only=_examined(tools, wanted))
    _show(tools, origin, heroku, wanted, observed, planned)
    if dry_run:
        return

    again = coupling.again(origin, heroku)
    _accept(observed, options, again)
    run = Run(tools, heroku, wanted, observed, options, planned=planned, verb=again)
    with run.whole(), holding(run, verb="promote"):
        run.note("origin", origin.name)
        deliver = promoting.of_images(origin) if line is None else promoting.of_slug(origin, line)
        release = see_through(run, deliver, patience=patience)
    took = f"{time.monotonic() - began:.1f} s, {heroku.client.calls + theirs.client.calls} API calls"
    gap = f", {run.downtime}" if run.downtime else ""
    outputs.write(options.outputs, url=app.web_url, release=release.name, commit=wanted.commit)
    tools.printer.say(f"{app.web_url or app.name}  {release.name}  {wanted.commit[:7]}  {took}{gap}")


def _same_kind(origin: Origin, app: App, heroku: Heroku) -> None:
    if bool(origin.images) == app.is_container:
        return
    has, takes = ("an image", "slugs") if origin.images else ("a slug", "images")
    raise UsageError(
        f"{origin.app.name} runs {has}, and {app.name}, on the stack {app.stack}, takes {takes}",
        todo=f"Give both the same stack, or build it there: ./inv deploy{heroku.stage.flag}",
    )


def _want(tools: Tools, heroku: Heroku, origin: Origin, *, verify: bool) -> Wanted:
    """What runs there, and for process types that the target has never had what app.json asks for."""
    root = tools.config.root
    return Wanted(
        commit=origin.commit,
        subject=git.subject(root, origin.commit),
        processes=origin.processes,
        formation=manifest.of(root, heroku.stage.name, heroku.stage.differences).formation,
        verify=verify,
    )


def _show(tools: Tools, origin: Origin, heroku: Heroku, wanted: Wanted, observed: Observed, planned: tuple[Step, ...]) -> None:
    """What is promoted, in what the two apps differ, and the plan as it will be done."""
    printer = tools.printer
    commit = f"commit {wanted.commit[:7]} {wanted.subject}".strip() if wanted.commit else "of a commit that nothing tells"
    printer.say(f"{origin.heroku.stage.name} to {heroku.stage.name}: {origin.name} to {observed.app.name}, {commit}")
    here, there = comparing.look(origin.heroku, origin.app), comparing.look(heroku, observed.app)
    printer.table(
        ("differs", here.app, there.app), [(each.topic, each.here, each.there) for each in comparing.differences(here, there)]
    )
    _migrations(printer, observed)
    for step in planned:
        printer.planned(step.name, step.what, step.cause)
    if lacking := sorted(here.config - there.config):
        printer.warn(f"{there.app} has no {', '.join(lacking)}: does the code get on without?")
    for row in planning.left_over(wanted, observed):
        printer.warn(f"{row.type} is not in what is promoted, and {row.quantity} of it will go on running what it runs")
    if observed.app.maintenance:
        printer.warn("maintenance mode is on: visitors see its page, not the site")


def _examined(tools: Tools, wanted: Wanted) -> tuple[str, ...]:
    """What of the doctor's is looked at: the app; and the settings under its config vars, if what lies here is what is
    promoted, as in CI."""
    head = git.head(tools.config.root)
    here = head.commit == wanted.commit and not head.changes
    return ("app", "dynos", "add-ons", *(("settings",) if here else ()))


def _accept(observed: Observed, options: Options, again: str) -> None:
    """Migrations that may do harm are to be wanted here too, whatever was said where the code comes from."""
    if not observed.risky or options.accept_migrations:
        return
    raise UsageError(
        f"Not every migration of this promotion goes well with the code that {observed.app.name} runs",
        finding="\n".join(f"{each.label} is {each.verdict}: {'; '.join(each.reasons)}" for each in observed.risky),
        todo=f"Do it in two steps, or say that it is meant: {again} --accept-migrations",
    )


def _migrations(printer: Printer, observed: Observed) -> None:
    if observed.migrations is None and observed.rows:
        printer.say("  migrations: not known, for this checkout does not have both commits")
    for each in observed.migrations or ():
        printer.say(f"  migration {each.label}: {each.verdict}{''.join(f'; {reason}' for reason in each.reasons)}")
