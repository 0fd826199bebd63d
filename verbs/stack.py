"""Verbs on the stack: the site's processes and servers on this machine."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.apps import logs as logs_
from toolbelt.commands.local import stack as stacks
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("The stack")


@verb(
    help={
        "stack": "docker or embedded; otherwise Docker if an engine answers",
        "detach": "return when the site is ready",
        "debug": "debugpy listens on 5678 (web) and 5679 (worker)",
        "port": "where the site answers (8000)",
        "wait": "seconds until it must be ready (120)",
        "seed": "example keys and an admin when the database is new",
    },
)
def up(
    c: Context,
    stack: str = "",
    detach: bool = False,
    debug: bool = False,
    port: int = 0,
    seed: bool = True,
    wait: int = 120,
) -> None:
    """Bring up release, web, worker, Postgres and Redis, and wait until the site is ready.

    Example: ./inv up --detach --port 8010
    """
    stacks.up(Tools.here(port=port or None), stack=stack, detach=detach, debug=debug, seed=seed, patience=wait)


@verb(help={"volumes": "throw the data away too", "yes": "do not ask"})
def down(c: Context, volumes: bool = False, yes: bool = False) -> None:
    """End the stack; its data stays.

    Example: ./inv down --volumes
    """
    stacks.down(Tools.here(), volumes=volumes, yes=yes)


@verb(help={"json": "for a script"})
def status(c: Context, json: bool = False) -> None:
    """What runs, and whether the site is ready.

    Example: ./inv status
    """
    stacks.status(Tools.here(), as_json=json)


@verb(
    optional=("process",),
    iterable=["stage"],
    help={
        "process": "only this one; of a stage also a dyno (web.1), router, app or heroku",
        "dyno": "of a stage: the same",
        "source": "of a stage: app or heroku",
        "follow": "go on until Ctrl-C",
        "tail": "the same",
        "stage": f"the log of an app: {STAGE} (several may be given)",
        "num": "of a stage: how many lines to begin with (100)",
        "plain": "of a stage: lines as Heroku writes them, as in a pipe",
    },
)
def logs(
    c: Context,
    process: str = "",
    follow: bool = False,
    tail: bool = False,
    stage: list[str] | None = None,
    dyno: str = "",
    source: str = "",
    num: int = 100,
    plain: bool = False,
) -> None:
    """The log of the stack, or of one process; with --stage, of a Heroku app.

    Example: ./inv logs worker --follow
    Example: ./inv logs --stage staging --tail --dyno web.1
    """
    which, on = process or dyno, tail or follow
    if stage:
        logs_.logs_of_stage(Tools.here(), stage=stage, process=which, tail=on, lines=num, source=source, plain=plain)
    else:
        stacks.logs(Tools.here(), process=which, follow=on)


@verb(optional=("process",), help={"process": "only this one"})
def restart(c: Context, process: str = "") -> None:
    """Restart the processes, or one of them.

    Example: ./inv restart worker
    """
    stacks.restart(Tools.here(), processes=[process] if process else [])
