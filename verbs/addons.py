"""Verbs on an app's add-ons."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.apps import addons as addons_
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("Add-ons")
WHICH = "its name, its service, what the app has it as, or a config var of it"


@verb(help={"stage": STAGE, "json": "for a script"})
def addons(c: Context, stage: str = "", json: bool = False) -> None:
    """The app's add-ons.

    Example: ./inv addons --stage staging
    """
    addons_.list_(Tools.here(), stage=stage, as_json=json)


@verb(
    name="addons.create",
    positional=["plan"],
    iterable=["option"],
    help={
        "plan": "such as heroku-redis:mini",
        "as_": "what the app has it as (ANALYTICS makes ANALYTICS_URL); needed for a second one of a service",
        "name": "its own name, otherwise made up by Heroku",
        "option": "of the provider's, NAME=value (may be given several times)",
        "stage": STAGE,
        "wait": "seconds until it must be there (600)",
    },
)
def addons_create(
    c: Context, plan: str, as_: str = "", name: str = "", option: list[str] | None = None, stage: str = "", wait: int = 600
) -> None:
    """Add an add-on, and wait until it is there.

    Example: ./inv addons.create heroku-postgresql:essential-0 --as ANALYTICS --option version=18 --stage staging
    """
    addons_.create(
        Tools.here(), plan=plan, attachment=as_, name=name, options=option or [], stage=stage, patience=wait
    )  # fmt: skip


@verb(name="addons.upgrade", positional=["addon", "plan"], help={"addon": WHICH, "plan": "of the same service", "stage": STAGE})
def addons_upgrade(c: Context, addon: str, plan: str, stage: str = "") -> None:
    """Change an add-on's plan.

    Example: ./inv addons.upgrade REDIS_URL heroku-redis:premium-0 --stage staging
    """
    addons_.upgrade(Tools.here(), addon=addon, plan=plan, stage=stage)


@verb(name="addons.wait", optional=("addon",), help={"addon": WHICH, "stage": STAGE, "wait": "seconds (600)"})
def addons_wait(c: Context, addon: str = "", stage: str = "", wait: int = 600) -> None:
    """Return when an add-on is there, or all of them.

    Example: ./inv addons.wait --stage staging
    """
    addons_.wait(Tools.here(), addon=addon or "", stage=stage, patience=wait)


@verb(
    name="addons.destroy",
    positional=["addon"],
    help={"addon": WHICH, "stage": STAGE, "confirm": "the app's name, instead of being asked for it"},
)
def addons_destroy(c: Context, addon: str, stage: str = "", confirm: str = "") -> None:
    """Destroy an add-on with its data, once the app's name has been typed.

    Example: ./inv addons.destroy REDIS_URL --stage staging --confirm my-staging
    """
    addons_.destroy(Tools.here(), addon=addon, stage=stage, confirm=confirm)
