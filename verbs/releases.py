"""Verbs that show what was released and what runs of it, and go back to what was released before."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands import logs_
from toolbelt.commands import ps as processes
from toolbelt.commands import releases as released
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
    },
)
def releases_rollback(
    c: Context,
    release: str = "",
    stage: str = "",
    verify: bool = True,
    accept_migrations: bool = False,
    break_lock: bool = False,
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
    )


@verb(help={"stage": STAGE, "json": "for a script"})
def ps(c: Context, stage: str = "", json: bool = False) -> None:
    """The dynos of the app: what runs, of which release.

    Example: ./inv ps --stage staging
    """
    processes.ps(Tools.here(), stage=stage, as_json=json)


@verb(optional=("path",), name="open", help={"path": "a page of the site", "stage": STAGE})
def open_(c: Context, path: str = "", stage: str = "") -> None:
    """Print the app's address, and open it where there is a browser.

    Example: ./inv open admin/ --stage staging
    """
    logs_.open_(Tools.here(), stage=stage, path=path or "")
