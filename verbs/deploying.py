"""Verbs that release to Heroku, or to the rehearsal, and show what became of it."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands import deploy as deploying
from toolbelt.commands import logs_, scaling
from toolbelt.commands import ps as processes
from toolbelt.commands import rehearse as rehearsals
from toolbelt.commands import releases as released
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("On Heroku")


@verb(
    iterable=["include"],
    help={
        "stage": STAGE,
        "build": "image, source or git; otherwise as the app's stack has it",
        "dry-run": "print the plan and stop",
        "allow-dirty": "deploy although not everything is committed",
        "allow-detached": "deploy although HEAD is on no branch, as in CI",
        "force": "git: replace what the app's main has",
        "include": "source: a file or folder that git does not have (may be given several times)",
        "wait": "seconds until the dynos must be up (180)",
    },
)
def deploy(
    c: Context,
    stage: str = "",
    build: str = "",
    dry_run: bool = False,
    allow_dirty: bool = False,
    allow_detached: bool = False,
    force: bool = False,
    include: list[str] | None = None,
    wait: int = 180,
) -> None:
    """Release this commit, and come back when the site answers with it.

    Example: ./inv deploy --stage staging
    Example: ./inv deploy --stage rehearsal --build source --dry-run
    """
    deploying.deploy(
        Tools.here(),
        stage=stage,
        build=build,
        dry_run=dry_run,
        allow_dirty=allow_dirty,
        allow_detached=allow_detached,
        force=force,
        include=include or [],
        patience=wait,
    )


@verb(
    help={
        "build": "image, source or git; otherwise image with Docker, source without",
        "keep": "leave it running and return",
        "down": "end the rehearsal that was left running",
        "runtime": "docker or process; otherwise Docker if an engine answers",
        "wait": "seconds until the dynos must be up (180)",
    },
)
def rehearse(c: Context, build: str = "", keep: bool = False, down: bool = False, runtime: str = "", wait: int = 180) -> None:
    """Try a release on a Heroku on this machine: needs no account, and is the same deploy.

    Example: ./inv rehearse --build source
    Example: ./inv rehearse --keep
    """
    if down:
        rehearsals.down(Tools.here())
    else:
        rehearsals.rehearse(Tools.here(), build=build, keep=keep, runtime=runtime, patience=wait)


@verb(help={"stage": STAGE, "num": "how many (15)", "json": "for a script"})
def releases(c: Context, stage: str = "", num: int = 15, json: bool = False) -> None:
    """The newest releases of the app.

    Example: ./inv releases --stage staging --num 5
    """
    released.list_(Tools.here(), stage=stage, count=num, as_json=json)


@verb(
    optional=("release",),
    name="releases.info",
    help={"release": "vN; otherwise the newest", "stage": STAGE, "json": "for a script"},
)
def releases_info(c: Context, release: str = "", stage: str = "", json: bool = False) -> None:
    """One release: what, who, when, and whether one can go back to it.

    Example: ./inv releases.info v42
    """
    released.info(Tools.here(), which=release or "", stage=stage, as_json=json)


@verb(
    optional=("release",),
    name="releases.output",
    help={"release": "vN; otherwise the newest", "stage": STAGE},
)
def releases_output(c: Context, release: str = "", stage: str = "") -> None:
    """What the release phase of a release says, followed to its end.

    Example: ./inv releases.output v42
    """
    released.output(Tools.here(), which=release or "", stage=stage)


@verb(
    optional=("release",),
    name="releases.rollback",
    help={"release": "vN; otherwise the one before the one that runs", "stage": STAGE},
)
def releases_rollback(c: Context, release: str = "", stage: str = "") -> None:
    """Make a new release of the code and config vars of an old one.

    Example: ./inv releases.rollback v41
    """
    released.rollback(Tools.here(), which=release or "", stage=stage)


@verb(help={"stage": STAGE, "json": "for a script"})
def ps(c: Context, stage: str = "", json: bool = False) -> None:
    """The dynos of the app: what runs, of which release.

    Example: ./inv ps --stage staging
    """
    processes.ps(Tools.here(), stage=stage, as_json=json)


@verb(
    name="ps.scale",
    rest="wishes",
    help={"wishes": "web=2, worker+1, web=2:standard-1x, web=standard-2x; none: show what there is", "stage": STAGE},
)
def ps_scale(c: Context, wishes: tuple[str, ...] = (), stage: str = "") -> None:
    """How many dynos of which size, all in one call.

    Example: ./inv ps.scale web=2:standard-1x worker=1 --stage staging
    """
    scaling.scale(Tools.here(), wishes=wishes, stage=stage)


@verb(name="ps.restart", optional=("which",), help={"which": "a dyno (web.1) or a process type; otherwise all", "stage": STAGE})
def ps_restart(c: Context, which: str = "", stage: str = "") -> None:
    """Restart dynos.

    Example: ./inv ps.restart worker --stage staging
    """
    scaling.restart(Tools.here(), which=which or "", stage=stage)


@verb(name="ps.stop", optional=("which",), help={"which": "a dyno (run.1234) or a process type", "stage": STAGE})
def ps_stop(c: Context, which: str = "", stage: str = "") -> None:
    """Stop a dyno; one of the formation comes back with the next restart.

    Example: ./inv ps.stop run.1234 --stage staging
    """
    scaling.stop(Tools.here(), which=which or "", stage=stage)


@verb(
    name="ps.wait",
    optional=("process",),
    help={"process": "only this process type", "stage": STAGE, "wait": "seconds until they must be up (180)"},
)
def ps_wait(c: Context, process: str = "", stage: str = "", wait: int = 180) -> None:
    """Return when every dyno is up with the newest release.

    Example: ./inv ps.wait web --stage staging
    """
    scaling.wait(Tools.here(), process=process or "", stage=stage, patience=wait)


@verb(optional=("path",), name="open", help={"path": "a page of the site", "stage": STAGE})
def open_(c: Context, path: str = "", stage: str = "") -> None:
    """Print the app's address, and open it where there is a browser.

    Example: ./inv open admin/ --stage staging
    """
    logs_.open_(Tools.here(), stage=stage, path=path or "")
