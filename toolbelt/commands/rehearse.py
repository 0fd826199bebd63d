"""The verb rehearse: a Heroku on this machine, an app as app.json has it, and this commit deployed to it by `deploy`."""

from __future__ import annotations

import time

from toolbelt import git, rehearsing
from toolbelt.commands import apps as app_verbs
from toolbelt.commands.deploy import deploy
from toolbelt.commands.logs_ import logs_of_stage
from toolbelt.errors import UsageError
from toolbelt.heroku import apps
from toolbelt.plan import GIT, IMAGE, KINDS, SOURCE
from toolbelt.rehearsing import Rehearsal
from toolbelt.stages import REHEARSAL
from toolbelt.tools import Tools

RUNTIMES = ("docker", "process")
# The stack of an app that is built from source, where app.json asks for images.
BUILDPACK_STACK = "heroku-24"


def rehearse(tools: Tools, *, build: str, keep: bool, runtime: str, patience: float) -> None:
    """Start a rehearsal if none runs, deploy to it, and follow its log until Ctrl-C; with keep, leave it running."""
    _check(build, runtime)
    home = tools.config.home / REHEARSAL
    running = rehearsing.find(home)
    ours = running is None
    running = _start(tools, runtime) if running is None else _joined(tools, running, runtime)
    try:
        kind = build or (IMAGE if running.runtime == "docker" else SOURCE)
        if kind == IMAGE and running.runtime != "docker":
            raise UsageError("An image needs a Docker engine", todo="./inv rehearse --build source")
        _app(tools, kind)
        _uncommitted(tools, kind)
        deploy(tools, stage=REHEARSAL, build=kind, allow_dirty=True, allow_detached=True, force=True, patience=patience)
        _announce(tools, running, keep=keep, ours=ours)
        if not keep:
            logs_of_stage(tools, stage=REHEARSAL, process="", tail=True, lines=0)
    finally:
        if ours and not keep:
            _end(tools, running)


def down(tools: Tools) -> None:
    """End the rehearsal that runs in this checkout; its apps and their data are there the next time."""
    running = rehearsing.find(tools.config.home / REHEARSAL)
    if running is None:
        tools.printer.step("down", "no rehearsal was running")
        return
    _end(tools, running)


def _check(build: str, runtime: str) -> None:
    if build and build not in KINDS:
        raise UsageError(f"There is no build {build!r}", todo=f"There are: {', '.join(KINDS)}")
    if runtime and runtime not in RUNTIMES:
        raise UsageError(f"There is no runtime {runtime!r}", todo=f"There are: {', '.join(RUNTIMES)}")


def _start(tools: Tools, runtime: str) -> Rehearsal:
    began = time.monotonic()
    root = tools.config.root
    tools.printer.doing("rehearsal", "a Heroku on this machine is being started")
    running = rehearsing.start(tools.config.home / REHEARSAL, root=root, environ=tools.config.child_environ(), runtime=runtime)
    dynos = "containers" if running.runtime == "docker" else "processes, under as much of the dyno contract as they can be"
    tools.printer.step("rehearsal", f"{running.api}; dynos are {dynos}", time.monotonic() - began)
    return running


def _joined(tools: Tools, running: Rehearsal, runtime: str) -> Rehearsal:
    if runtime not in ("", running.runtime):
        raise UsageError(f"A rehearsal runs with --runtime {running.runtime}", todo="./inv rehearse --down first")
    tools.printer.step("rehearsal", f"{running.api}: it was running already")
    return running


def _app(tools: Tools, kind: str) -> None:
    """The app, on a stack that fits the build: the same app may be rehearsed in every way, one after the other."""
    stack = apps.CONTAINER if kind == IMAGE else BUILDPACK_STACK
    app_verbs.create(tools, name="", stage=REHEARSAL, region="", team="", stack=stack)
    heroku = tools.heroku(REHEARSAL)
    found = apps.info(heroku.client, heroku.app)
    if found.is_container != (kind == IMAGE):
        path = f"/apps/{found.name}"
        heroku.client.patch(path, {"build_stack": stack}, found=lambda: None, made=apps.read)
        tools.printer.step("stack", f"{found.stack} -> {stack}")


def _uncommitted(tools: Tools, kind: str) -> None:
    """Say what the build will make of changes: a rehearsal is where one tries them."""
    if not (changes := git.head(tools.config.root).changes):
        return
    if kind == IMAGE:
        tools.printer.say(f"{len(changes)} files are not committed as they are here; the image has them as they are.")
    else:
        what = "pushed" if kind == GIT else "built"
        tools.printer.warn(f"{len(changes)} files are not committed as they are here; the commit is {what} without that")


def _announce(tools: Tools, running: Rehearsal, *, keep: bool, ours: bool) -> None:
    heroku = tools.heroku(REHEARSAL)
    site = apps.info(heroku.client, heroku.app).web_url
    end = "Ctrl-C ends the rehearsal" if ours else "Ctrl-C ends only this log: the rehearsal goes on (./inv rehearse --down)"
    tools.printer.say()
    tools.printer.facts(
        [
            ("site", f"{site}/"),
            ("log", str(running.log)),
            ("deploy", f"./inv deploy --stage {REHEARSAL}"),
            ("then", "./inv rehearse --down" if keep else end),
        ]
    )
    tools.printer.say()


def _end(tools: Tools, running: Rehearsal) -> None:
    began = time.monotonic()
    tools.printer.doing("down", "dynos, add-ons and the rehearsal are being ended")
    rehearsing.stop(running)
    tools.printer.step("down", "the rehearsal ended; its apps and data are there the next time", time.monotonic() - began)
