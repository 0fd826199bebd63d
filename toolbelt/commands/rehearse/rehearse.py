"""The verb rehearse: a Heroku on this machine, an app as app.json or a real app has it, this commit deployed to it by
`deploy`, and a report of how that went."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from toolbelt import git, rehearsing, stages
from toolbelt.commands.apps.logs import logs_of_stage
from toolbelt.commands.rehearse import like as rehearse_like
from toolbelt.commands.rehearse.app import create, uncommitted
from toolbelt.commands.rehearse.course import like_app, plain
from toolbelt.commands.rehearse.leg import Course
from toolbelt.commands.rehearse.like import Likeness
from toolbelt.commands.rehearse.load import Light
from toolbelt.commands.rehearse.report import About, gather, tell
from toolbelt.commands.release.deploying import Options
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import apps, releases
from toolbelt.plan import IMAGE, KINDS, SOURCE
from toolbelt.rehearsing import Rehearsal
from toolbelt.report import judging
from toolbelt.report.facts import Facts
from toolbelt.report.measure import OVER
from toolbelt.stages import REHEARSAL
from toolbelt.tools import Heroku, Tools

RUNTIMES = ("docker", "process")
# Heroku lets old and new dynos run side by side for about three minutes; here nobody waits that long for it.
PREBOOT_SECONDS = 10.0
SETTINGS = {"preboot": PREBOOT_SECONDS, "memory_sample": 0.5}
# What a migration does to the code that runs is what a rehearsal is there to show.
PROVING = Options(accept_migrations=True)

__all__ = ["Light", "Options", "Told", "down", "rehearse"]


@dataclass(frozen=True, kw_only=True)
class Told:
    """Where the report goes beside .djheroku/rehearsal: a file (.json, .html or .md), and one that is added to.

    strict: what Heroku would not put up with is bad news.
    """

    report: str = ""
    summary: str = ""
    strict: bool = False


def rehearse(
    tools: Tools,
    *,
    build: str,
    keep: bool,
    runtime: str,
    patience: float,
    like: str = "",
    once: bool = False,
    light: Light = Light(),  # noqa: B008 (frozen)
    options: Options | None = None,
    told: Told = Told(),
) -> None:
    """Start a rehearsal if none runs, deploy to it, report, and follow its log until Ctrl-C; with keep, leave it running.

    like: the stage whose app it is made like; that, and once, end it when the report is there.
    """
    _check(build, runtime, light, told)
    git.head(tools.config.root)  # said now, and not after minutes
    wanted = rehearse_like.read(tools, like) if like else None
    home = tools.config.home / REHEARSAL
    running = rehearsing.find(home)
    ours = running is None
    running = _start(tools, runtime) if running is None else _joined(tools, running, runtime)
    try:
        course = Course(tools, _doors(tools, like), _kind(running, build, wanted), options or PROVING, patience)
        try:
            if wanted is None:
                create(tools, course.heroku, course.kind)
                uncommitted(tools, course.kind)
                plain(course, light=light)
            else:
                course.origins = rehearse_like.make(course, wanted)
                uncommitted(tools, course.kind)
                like_app(course, wanted, light=light)
        finally:
            if course.legs:
                facts = gather(course, _about(course, running, wanted, light))
                tell(course, facts, report=told.report, summary=told.summary)
        _judge(facts, told)
        follow = not (keep or once or like)
        if follow or keep or not ours:  # otherwise there is nothing left to look at
            _announce(tools, course.heroku, running, follow=follow, ours=ours)
        if follow:
            logs_of_stage(tools, stage=REHEARSAL, process="", tail=True, lines=0)
    finally:
        if ours and not keep:
            _end(tools, running)


def down(tools: Tools, *, volumes: bool = False) -> None:
    """End the rehearsal that runs in this checkout; its apps and their data are there the next time, unless volumes."""
    home = tools.config.home / REHEARSAL
    running = rehearsing.find(home)
    if running is not None:
        _end(tools, running)
    else:
        tools.printer.step("down", "no rehearsal was running")
    if volumes and home.exists():
        rehearsing.clear(home, root=tools.config.root, environ=tools.config.child_environ())
        tools.printer.step("volumes", "its apps are thrown away, with their data, images and reports")


def _check(build: str, runtime: str, light: Light, told: Told) -> None:
    if build and build not in KINDS:
        raise UsageError(f"There is no build {build!r}", todo=f"There are: {', '.join(KINDS)}")
    if runtime and runtime not in RUNTIMES:
        raise UsageError(f"There is no runtime {runtime!r}", todo=f"There are: {', '.join(RUNTIMES)}")
    light.check()
    for name in filter(None, (told.report, told.summary)):
        if Path(name).is_dir() or not Path(name).parent.is_dir():
            raise UsageError(f"{name} cannot be written", todo="Name a file in a folder that is there")


def _judge(facts: Facts, told: Told) -> None:
    level, sentence = judging.verdict(facts)
    if told.strict and level == OVER:
        raise ToolbeltError(sentence, todo="What it is stands in the report, with ✗; --strict makes that an error")


def _kind(running: Rehearsal, build: str, wanted: Likeness | None) -> str:
    """As asked; else as the real app is built, if this machine can; else the image, if there is Docker."""
    docker = running.runtime == "docker"
    if build == IMAGE and not docker:
        raise UsageError("An image needs a Docker engine", todo="./inv rehearse --build source")
    if wanted is not None:
        return build or (IMAGE if docker and wanted.app.is_container else SOURCE)
    return build or (IMAGE if docker else SOURCE)


def _doors(tools: Tools, like: str) -> Heroku:
    """The app of the rehearsal: the project's own, or one of its own for each stage that one is made like."""
    name = rehearse_like.app_name(stages.project(tools.config.root), like) if like else ""
    return tools.heroku(REHEARSAL, app=name)


def _about(course: Course, running: Rehearsal, wanted: Likeness | None, light: Light) -> About:
    return About(
        project=stages.project(course.tools.config.root),
        like=f"{wanted.stage} ({wanted.app.name})" if wanted else "",
        runtime=running.runtime,
        preboot=bool(wanted and wanted.preboot),
        rate=light.rate,
        path=light.path,
    )


def _start(tools: Tools, runtime: str) -> Rehearsal:
    began = time.monotonic()
    root = tools.config.root
    tools.printer.doing("rehearsal", "a Heroku on this machine is being started")
    running = rehearsing.start(
        tools.config.home / REHEARSAL,
        root=root,
        environ=tools.config.child_environ(),
        runtime=runtime,
        settings=SETTINGS,
    )
    dynos = "containers" if running.runtime == "docker" else "processes, under as much of the dyno contract as they can be"
    tools.printer.step("rehearsal", f"{running.api}; dynos are {dynos}", time.monotonic() - began)
    return running


def _joined(tools: Tools, running: Rehearsal, runtime: str) -> Rehearsal:
    if runtime not in ("", running.runtime):
        raise UsageError(f"A rehearsal runs with --runtime {running.runtime}", todo="./inv rehearse --down first")
    tools.printer.step("rehearsal", f"{running.api}: it was running already")
    return running


def _announce(tools: Tools, heroku: Heroku, running: Rehearsal, *, follow: bool, ours: bool) -> None:
    site = apps.info(heroku.client, heroku.app).web_url
    current = releases.running(heroku.client, heroku.app)
    end = "Ctrl-C ends the rehearsal" if ours else "Ctrl-C ends only this log: the rehearsal goes on (./inv rehearse --down)"
    own = heroku.app == tools.heroku(REHEARSAL).app
    tools.printer.say()
    tools.printer.facts(
        [
            ("site", f"{site}/" + (f"  {current.name}: {current.description}" if current else "")),
            ("log", str(running.log)),
            *([("deploy", f"./inv deploy --stage {REHEARSAL}")] if own else []),
            ("then", "./inv rehearse --down" if not follow else end),
        ]
    )
    tools.printer.say()


def _end(tools: Tools, running: Rehearsal) -> None:
    began = time.monotonic()
    tools.printer.doing("down", "dynos, add-ons and the rehearsal are being ended")
    rehearsing.stop(running)
    tools.printer.step("down", "the rehearsal ended; its apps and data are kept", time.monotonic() - began)
