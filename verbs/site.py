"""Verbs on the site that runs: what manage.py does, and consoles on its servers."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.apps import oneoff
from toolbelt.commands.data import databases, fixtures
from toolbelt.commands.local import site
from toolbelt.errors import UsageError
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE, one, words

verb = Group("The running site")
ON_APP = f"in a one-off dyno of an app: {STAGE}"


@verb(optional=("app",), help={"app": "only this app"})
def migrate(c: Context, app: str = "") -> None:
    """Apply migrations; options of Django's own behind --.

    Example: ./inv migrate keygen -- 0001
    """
    site.manage(Tools.here(), "migrate", *one(app), *words())


@verb(optional=("app",), help={"app": "only this app"})
def makemigrations(c: Context, app: str = "") -> None:
    """Write migrations for changed models.

    Example: ./inv makemigrations keygen -- --name colour
    """
    site.manage(Tools.here(), "makemigrations", *one(app), *words())


@verb(positional=["fixture"], help={"fixture": "name or path of a fixture", "stage": ON_APP})
def loaddata(c: Context, fixture: str, stage: str = "") -> None:
    """Load a fixture into the database; with --stage a file of this machine, or one that the app has.

    Example: ./inv loaddata keygen
    Example: ./inv loaddata keys.json --stage staging
    """
    if stage:
        fixtures.load(Tools.here(), fixture, words(), stage=stage)
    else:
        site.loaddata(Tools.here(), fixture, words())


@verb(
    optional=("what",),
    help={"what": "an app or app.model", "output": "a file of this machine instead of the terminal", "stage": ON_APP},
)
def dumpdata(c: Context, what: str = "", output: str = "", stage: str = "") -> None:
    """Write data as a fixture.

    Example: ./inv dumpdata keygen --output keys.json
    """
    # A model without a table, of the queue's pages in the admin: everything but it.
    named = [what, *words()] if what else words() or ["--exclude", "django_rq.dashboard"]
    argv = ["--indent", "2", *named]
    if stage:
        fixtures.dump(Tools.here(), argv, stage=stage, output_file=output)
    else:
        tools = Tools.here()
        site.manage(tools, "dumpdata", *argv, *(["--output", site.inside(tools, output)] if output else []))


@verb(help={"stage": ON_APP})
def createsuperuser(c: Context, stage: str = "") -> None:
    """Make an admin user.

    Example: ./inv createsuperuser -- --username ada
    Example: ./inv createsuperuser --stage staging
    """
    _manage("createsuperuser", *words(), stage=stage)


@verb(help={"stage": ON_APP})
def shell(c: Context, stage: str = "") -> None:
    """Python with Django and the models loaded.

    Example: ./inv shell
    Example: ./inv shell --stage staging -- -c "print(settings.DEBUG)"
    """
    _manage("shell", *words(), stage=stage)


@verb(help={"stage": f"the database of an app: {STAGE}"})
def dbshell(c: Context, stage: str = "") -> None:
    """psql on the site's database.

    Example: ./inv dbshell -- -c "select count(*) from keygen_key"
    Example: ./inv dbshell --stage staging
    """
    if stage:
        databases.console(Tools.here(), words(), stage=stage)
    else:
        site.dbshell(Tools.here(), words())


@verb(help={"stage": f"the Key-Value Store of an app: {STAGE}"})
def redis_cli(c: Context, stage: str = "") -> None:
    """A console on the site's Valkey.

    Example: ./inv redis-cli -- llen rq:queue:default
    """
    if stage:
        databases.redis_console(Tools.here(), words(), stage=stage)
    else:
        site.redis_cli(Tools.here(), words())


@verb(help={"stage": ON_APP, "json": "for a script", "retry": "put a failed job back into its queue, by its id, or all"})
def jobs(c: Context, stage: str = "", json: bool = False, retry: str = "") -> None:
    """Queues, how long the oldest job waits, workers, and jobs that failed.

    Example: ./inv jobs --stage production
    Example: ./inv jobs --retry all
    """
    _manage("jobs", *(["--json"] if json else []), *(["--retry", retry] if retry else []), stage=stage)


@verb(help={"stage": ON_APP})
def manage(c: Context, stage: str = "") -> None:
    """Any command of manage.py.

    Example: ./inv manage -- showmigrations keygen
    Example: ./inv manage --stage staging -- showmigrations
    """
    _manage(*words(), stage=stage)


@verb(
    help={
        "stage": ON_APP,
        "detach": "of a stage: come back at once, the dyno goes on",
        "size": "of a stage: the one-off dyno's size",
        "json": "of --detach: the dyno's name, for a script",
    }
)
def run(c: Context, stage: str = "", detach: bool = False, size: str = "", json: bool = False) -> None:
    """Any program, as the site's processes run: same Python, same environ; its exit status is ours.

    Example: ./inv run -- python -V
    Example: ./inv run --stage staging -- bash
    """
    if json and not (stage and detach):
        raise UsageError("--json of run is for --stage and --detach", finding="Otherwise stdout is the command's own.")
    if stage:
        oneoff.run(Tools.here(), words(), stage=stage, detach=detach, size=size)
    else:
        site.run(Tools.here(), words())


def _manage(*argv: str, stage: str) -> None:
    if stage:
        oneoff.manage(Tools.here(), *argv, stage=stage)
    else:
        site.manage(Tools.here(), *argv)
