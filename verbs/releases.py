"""Verbs that show what was released and what runs of it, and go back to what was released before."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.apps import logs as logs_
from toolbelt.commands.apps import ps as processes
from toolbelt.commands.apps import scaling
from toolbelt.commands.release import releases as released
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("On Heroku")


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
    """All that is known of one release: what, who, when, sizes, migrations, and the seconds of its steps.

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
    help={
        "release": "vN; otherwise the one before the one that runs",
        "stage": STAGE,
        "verify": "hold the gate; --no-verify: enough is that the old commit answers once",
        "accept-migrations": "although the old code does not work with the database as it is",
        "break-lock": "take over the lock of a run that is no more",
        "outputs": "add url, release and commit to this file, as in CI to the one that $GITHUB_OUTPUT names",
    },
)
def releases_rollback(
    c: Context,
    release: str = "",
    stage: str = "",
    verify: bool = True,
    accept_migrations: bool = False,
    break_lock: bool = False,
    outputs: str = "",
) -> None:
    """Make a new release of the code and config vars of an old one, and see that it works.

    Example: ./inv releases.rollback v41
    """
    released.rollback(
        Tools.here(),
        which=release or "",
        stage=stage,
        verify=verify,
        accept_migrations=accept_migrations,
        break_lock=break_lock,
        written=outputs,
    )


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
