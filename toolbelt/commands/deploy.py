"""The verb deploy: plan, build, upload, release, release phase, dynos up, and the site answers with the new commit."""

from __future__ import annotations

import time
from collections.abc import Sequence

from toolbelt import git, manifest, output, procfile
from toolbelt import plan as planning
from toolbelt.commands.delivery import DELIVER, unscaled
from toolbelt.commands.deploying import Run
from toolbelt.commands.watching import dynos_up, finish, scale, site_answers
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.git import Head
from toolbelt.heroku import apps, builds, features, formation, releases
from toolbelt.heroku.apps import App
from toolbelt.heroku.refusals import NotFound
from toolbelt.plan import IMAGE, SOURCE, Observed, Wanted
from toolbelt.tools import Heroku, Tools

RECENT = 20  # releases, among which is the one that runs
SETTLED = 10  # seconds for a site to answer that nothing was changed of


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
) -> None:
    """Release this commit to the stage's app, and come back when the site answers with it."""
    began = time.monotonic()
    heroku = tools.heroku(stage)
    head = git.head(tools.config.root)
    app = _app(heroku)
    kind = planning.kind(build, app)
    wanted = _want(tools, head, kind=kind, asked=bool(build), dirty=allow_dirty, force=force, include=include)
    observed = _observe(tools, heroku, app, wanted, kind)
    _show(tools, heroku, head, wanted, observed)
    if dry_run:
        return
    _agree(tools, heroku, head, kind, dirty=allow_dirty, detached=allow_detached)

    run = Run(tools, heroku, wanted, observed)
    with run.whole():
        if run.has("wait"):
            finish(run, "wait", observed.newest)
        fresh = DELIVER[kind](run)
        if fresh is not None and run.has("phase"):
            finish(run, "phase", fresh)
        release = fresh or run.current()
        scale(run)
        running = dynos_up(run, release, patience)
        site_answers(run, release, running, patience if fresh else min(patience, SETTLED))
    took = f"{time.monotonic() - began:.1f} s, {heroku.client.calls} API calls"
    tools.printer.say(f"{app.web_url or app.name}  {release.name}  {head.short}  {took}")


def _app(heroku: Heroku) -> App:
    try:
        found = apps.info(heroku.client, heroku.app)
    except NotFound as error:
        raise NotFound(
            f"There is no app {heroku.app} for this account",
            finding=error.finding,
            todo=f"./inv apps.create{heroku.stage.flag}",
            status_code=error.status_code,
            id=error.id,
        ) from None
    apps.refuse_fir(found)
    return found


def _want(tools: Tools, head: Head, *, kind: str, asked: bool, dirty: bool, force: bool, include: Sequence[str]) -> Wanted:
    if include and kind != SOURCE:
        raise UsageError("--include adds files to an archive of source", todo="./inv deploy --build source --include …")
    # An image is built from what lies here, source and git take the commit alone.
    suffix = "-dirty" if kind == IMAGE and head.changes and dirty else ""
    root = tools.config.root
    return Wanted(
        commit=head.commit + suffix,
        subject=head.subject,
        processes=procfile.load(root / "Procfile"),
        formation=manifest.load(root / "app.json").formation,
        kind=kind if asked else "",
        force=force,
        include=tuple(include),
    )


def _observe(tools: Tools, heroku: Heroku, app: App, wanted: Wanted, kind: str) -> Observed:
    client = heroku.client
    found = list(releases.every(client, app.name, limit=RECENT))
    return Observed(
        app=app,
        newest=found[0] if found else None,
        current=next((each for each in found if each.status == "succeeded"), None),
        rows=formation.every(client, app.name),
        features=features.disabled(client, app.name) if kind != IMAGE else (),
        build=builds.unfinished(client, app.name, wanted.commit) if kind == SOURCE else None,
        unscaled=unscaled(tools, app),
    )


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


def _agree(tools: Tools, heroku: Heroku, head: Head, kind: str, *, dirty: bool, detached: bool) -> None:
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
            todo=f"Commit, or say that it is meant: ./inv deploy{heroku.stage.flag} {flags}",
        )
    for text, _ in odd:
        tools.printer.warn(text)
    if not output.ask("Deploy it?"):
        raise ToolbeltError("Nothing was done")
