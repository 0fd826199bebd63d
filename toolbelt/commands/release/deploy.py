"""The verb deploy: a plan, and then this commit delivered, released, and proved; or taken back."""

from __future__ import annotations

import time
from collections.abc import Sequence

from toolbelt import git, output
from toolbelt import plan as planning
from toolbelt.commands.release import outputs
from toolbelt.commands.release.delivery import DELIVER
from toolbelt.commands.release.deploying import Options, Run
from toolbelt.commands.release.doctor import preflight
from toolbelt.commands.release.observing import app_of, observe, want
from toolbelt.commands.release.through import holding, see_through
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.git import Head
from toolbelt.plan import IMAGE, Observed, Wanted
from toolbelt.tools import Heroku, Tools

__all__ = ["Options", "deploy", "holding", "see_through"]


def deploy(
    tools: Tools,
    *,
    stage: str = "",
    build: str = "",
    dry_run: bool = False,
    allow_dirty: bool = False,
    allow_detached: bool = False,
    force: bool = False,
    include: Sequence[str] = (),
    patience: float = 180,
    options: Options | None = None,
) -> None:
    """Release this commit to the stage's app, and come back when it has proved itself, or was taken back."""
    began = time.monotonic()
    options = options or Options()
    heroku = tools.heroku(stage)
    head = git.head(tools.config.root)
    app = app_of(heroku)
    kind = planning.kind(build, app)
    wanted = want(
        tools, heroku.stage, head, kind=kind, asked=bool(build), dirty=allow_dirty, force=force, include=include,
        verify=options.verify,
    )  # fmt: skip
    observed = observe(tools, heroku, app, wanted, kind)
    preflight(tools, heroku, wanted, observed, stop=options.doctor)
    _show(tools, heroku, head, wanted, observed)
    if dry_run:
        return
    _agree(tools, heroku, head, wanted, kind, dirty=allow_dirty, detached=allow_detached)
    _accept(heroku, wanted, observed, options)

    run = Run(tools, heroku, wanted, observed, options)
    with run.whole(), holding(run, kind=kind):
        release = see_through(run, DELIVER[kind], patience=patience)
    took = f"{time.monotonic() - began:.1f} s, {heroku.client.calls} API calls"
    gap = f", {run.downtime}" if run.downtime else ""
    outputs.write(options.outputs, url=app.web_url, release=release.name, commit=wanted.commit)
    tools.printer.say(f"{app.web_url or app.name}  {release.name}  {head.short}  {took}{gap}")


def _show(tools: Tools, heroku: Heroku, head: Head, wanted: Wanted, observed: Observed) -> None:
    """The plan, as it will be done."""
    printer = tools.printer
    printer.say(f"{heroku.stage.name}: {observed.app.name}, commit {head.short} {head.subject}")
    for step in planning.deploy(wanted, observed):
        printer.planned(step.name, step.what, step.cause)
    for row in planning.left_over(wanted, observed):
        printer.warn(f"{row.type} is not in the Procfile, and {row.quantity} of it will go on running what it runs")
    if observed.app.maintenance:
        printer.warn("maintenance mode is on: visitors see its page, not the site")
    for each in observed.risky:
        printer.warn(f"migration {each.label} is {each.verdict}: {'; '.join(each.reasons)}")


def _accept(heroku: Heroku, wanted: Wanted, observed: Observed, options: Options) -> None:
    """Migrations that may do harm are to be wanted; UsageError with the flag that says so."""
    if not observed.risky or options.accept_migrations:
        return
    raise UsageError(
        "Not every migration of this deploy goes well with the code that runs",
        finding="\n".join(f"{each.label} is {each.verdict}: {'; '.join(each.reasons)}" for each in observed.risky),
        todo=f"Do it in two deploys, or say that it is meant: ./inv deploy{heroku.stage.flag}{wanted.words} --accept-migrations",
    )


def _agree(tools: Tools, heroku: Heroku, head: Head, wanted: Wanted, kind: str, *, dirty: bool, detached: bool) -> None:
    """Ask about what is odd with this checkout, or raise UsageError with the flag that says yes."""
    odd: list[tuple[str, str]] = []
    if head.changes and not dirty:
        some = ", ".join(head.changes[:5]) + (" …" if len(head.changes) > 5 else "")
        effect = "will be in the image" if kind == IMAGE else "will not be deployed: it is the commit that is"
        odd.append((f"What is not committed {effect}: {some}", "--allow-dirty"))
    if not head.branch and not detached:
        odd.append((f"HEAD is detached at {head.short}, on no branch", "--allow-detached"))
    if not odd:
        return
    flags = " ".join(flag for _, flag in odd)
    if not tools.config.interactive:
        raise UsageError(
            "This checkout is not a clean branch, and nobody is here to be asked",
            finding="\n".join(text for text, _ in odd),
            todo=f"Commit, or say that it is meant: ./inv deploy{heroku.stage.flag}{wanted.words} {flags}",
        )
    for text, _ in odd:
        tools.printer.warn(text)
    if not output.ask("Deploy it?"):
        raise ToolbeltError("Nothing was done")
