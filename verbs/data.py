"""Verbs on data: the database of an app and the stack's, copies between them, and backups."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.data import databases, dumps, media, moving, restoring, schedules
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("Data")
CONFIRM = "the app's name, instead of being asked for it"
HERE = f"{STAGE}; otherwise the stack on this machine"


@verb(
    name="db.pull",
    iterable=["without"],
    help={
        "stage": STAGE,
        "yes": "do not ask before the stack's data is replaced",
        "raw": "as it is, with all that it tells of people: wants the app's name typed",
        "confirm": CONFIRM,
        "without": "leave the rows of this table (schema.table; may be given several times)",
    },
)
def db_pull(
    c: Context, stage: str = "", yes: bool = False, raw: bool = False, confirm: str = "", without: list[str] | None = None
) -> None:
    """The app's data into the stack's database, scrubbed before it gets there.

    Example: ./inv db.pull --stage production
    """
    moving.pull(Tools.here(), stage=stage, yes=yes, raw=raw, confirm=confirm, without=without or [])


@verb(name="db.push", help={"stage": STAGE, "confirm": CONFIRM, "replace": "empty the app's database first, with a backup"})
def db_push(c: Context, stage: str = "", confirm: str = "", replace: bool = False) -> None:
    """The stack's data into the app's database.

    Example: ./inv db.push --stage staging --replace
    """
    moving.push(Tools.here(), stage=stage, confirm=confirm, replace=replace)


@verb(
    name="db.copy",
    positional=["a", "b"],
    help={"a": "the stage that has the data", "b": "the stage that gets it", "confirm": "the name of the app that gets it",
          "replace": "empty its database first, with a backup"},
)  # fmt: skip
def db_copy(c: Context, a: str, b: str, confirm: str = "", replace: bool = False) -> None:
    """One app's data into another's database, through this machine.

    Example: ./inv db.copy production staging --replace
    """
    moving.copy(Tools.here(), a=a, b=b, confirm=confirm, replace=replace)


@verb(name="db.info", help={"stage": HERE, "json": "for a script"})
def db_info(c: Context, stage: str = "", json: bool = False) -> None:
    """A database's version, size, tables and connections.

    Example: ./inv db.info --stage production
    """
    databases.info(Tools.here(), stage=stage, as_json=json)


@verb(name="db.reset", help={"stage": HERE, "yes": "here: do not ask", "confirm": CONFIRM})
def db_reset(c: Context, stage: str = "", yes: bool = False, confirm: str = "") -> None:
    """Empty a database.

    Example: ./inv db.reset --stage staging --confirm my-staging
    """
    databases.reset(Tools.here(), stage=stage, yes=yes, confirm=confirm)


@verb(name="db.extension", positional=["name"], help={"name": "such as pg_trgm", "stage": HERE})
def db_extension(c: Context, name: str, stage: str = "") -> None:
    """Add an extension to a database.

    Example: ./inv db.extension pg_trgm --stage staging
    """
    databases.extension(Tools.here(), name=name, stage=stage)


@verb(name="db.backup", help={"stage": STAGE})
def db_backup(c: Context, stage: str = "") -> None:
    """Take a backup at Heroku, and wait until it is there.

    Example: ./inv db.backup --stage production
    """
    dumps.backup(Tools.here(), stage=stage)


@verb(name="db.backups", help={"stage": STAGE, "json": "for a script"})
def db_backups(c: Context, stage: str = "", json: bool = False) -> None:
    """Backups, restores and copies of the app.

    Example: ./inv db.backups --stage production
    """
    dumps.list_(Tools.here(), stage=stage, as_json=json)


@verb(
    name="db.backups.download",
    optional=("which",),
    help={"which": "such as b004; otherwise the newest", "stage": STAGE, "output": "a file (APP-b004.dump)"},
)
def db_backups_download(c: Context, which: str = "", stage: str = "", output: str = "") -> None:
    """Fetch a backup into a file.

    Example: ./inv db.backups.download b004 --stage production
    """
    dumps.download(Tools.here(), which=which or "", stage=stage, output_file=output)


@verb(
    name="db.backups.cancel",
    optional=("which",),
    help={"which": "such as b004 or r005; otherwise the newest that is under way", "stage": STAGE},
)
def db_backups_cancel(c: Context, which: str = "", stage: str = "") -> None:
    """End a backup, a restore or a copy at Heroku that is under way.

    Example: ./inv db.backups.cancel b004 --stage production
    """
    dumps.cancel(Tools.here(), which=which or "", stage=stage)


@verb(name="db.backups.delete", positional=["which"], help={"which": "such as b004", "stage": STAGE, "confirm": CONFIRM})
def db_backups_delete(c: Context, which: str, stage: str = "", confirm: str = "") -> None:
    """Throw a backup away, for good.

    Example: ./inv db.backups.delete b004 --stage staging --confirm my-staging
    """
    dumps.delete(Tools.here(), which=which, stage=stage, confirm=confirm)


@verb(name="db.backups.schedule", positional=["at"], help={"at": "an hour: 02:00, or '02:00 Europe/Berlin'", "stage": STAGE})
def db_backups_schedule(c: Context, at: str, stage: str = "") -> None:
    """Have Heroku take a backup every day.

    Example: ./inv db.backups.schedule '02:00 Europe/Berlin' --stage production
    """
    schedules.schedule(Tools.here(), at=at, stage=stage)


@verb(name="db.backups.schedules", help={"stage": STAGE, "json": "for a script"})
def db_backups_schedules(c: Context, stage: str = "", json: bool = False) -> None:
    """When daily backups are taken.

    Example: ./inv db.backups.schedules --stage production
    """
    schedules.list_(Tools.here(), stage=stage, as_json=json)


@verb(name="db.backups.unschedule", help={"stage": STAGE})
def db_backups_unschedule(c: Context, stage: str = "") -> None:
    """Take no more daily backups; those that there are stay.

    Example: ./inv db.backups.unschedule --stage staging
    """
    schedules.unschedule(Tools.here(), stage=stage)


@verb(
    name="db.restore",
    positional=["what"],
    help={
        "what": "with a stage a backup of its app (b004), otherwise a file",
        "stage": HERE,
        "yes": "here: do not ask",
        "confirm": f"of a stage {CONFIRM}; of --raw the file's",
        "raw": "of a file: not scrubbed, with all that it tells of people; wants its name typed",
    },
)
def db_restore(c: Context, what: str, stage: str = "", yes: bool = False, confirm: str = "", raw: bool = False) -> None:
    """Put a backup in the place of what is in a database; a file is scrubbed before it gets there.

    Example: ./inv db.restore b004 --stage staging
    Example: ./inv db.restore my-site-b004.dump
    """
    restoring.restore(Tools.here(), what=what, stage=stage, yes=yes, confirm=confirm, raw=raw)


@verb(name="media.pull", help={"stage": STAGE, "dry-run": "say which files, and stop"})
def media_pull(c: Context, stage: str = "", dry_run: bool = False) -> None:
    """Uploaded files from the app's bucket into media/; nothing is removed.

    Example: ./inv media.pull --stage production
    """
    media.pull(Tools.here(), stage=stage, dry_run=dry_run)


@verb(name="media.push", help={"stage": STAGE, "dry-run": "say which files, and stop", "confirm": CONFIRM})
def media_push(c: Context, stage: str = "", dry_run: bool = False, confirm: str = "") -> None:
    """Uploaded files from media/ into the app's bucket; nothing is removed.

    Example: ./inv media.push --stage staging
    """
    media.push(Tools.here(), stage=stage, dry_run=dry_run, confirm=confirm)
