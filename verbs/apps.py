"""Verbs on apps, and on the account whose token is used."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands import accounts, applying, apps
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("Apps and accounts")


@verb(help={"stage": STAGE, "json": "for a script"})
def plan(c: Context, stage: str = "", json: bool = False) -> None:
    """What apply would do to the app, and what is there besides; nothing is done.

    Example: ./inv plan --stage staging
    """
    applying.plan(Tools.here(), stage=stage, as_json=json)


@verb(help={"stage": STAGE, "yes": "do not ask"})
def apply(c: Context, stage: str = "", yes: bool = False) -> None:
    """Make the app what app.json and its stage ask for: stack, config vars, add-ons, formation, features, pipeline.

    Example: ./inv apply --stage staging
    """
    applying.apply(Tools.here(), stage=stage, yes=yes)


@verb(
    optional=("app",),
    name="apps.create",
    help={
        "app": "a name; otherwise the stage's",
        "stage": STAGE,
        "region": "us or eu; otherwise Heroku's choice",
        "team": "the team that is to own it",
        "stack": "otherwise that of app.json",
    },
)
def apps_create(c: Context, app: str = "", stage: str = "", region: str = "", team: str = "", stack: str = "") -> None:
    """Make the app as app.json has it: stack, config vars, add-ons.

    Example: ./inv apps.create --stage staging --region eu
    """
    apps.create(Tools.here(), name=app or "", stage=stage, region=region, team=team, stack=stack)


@verb(
    optional=("app",),
    name="apps.destroy",
    help={"app": "a name; otherwise the stage's", "stage": STAGE, "confirm": "its name, instead of being asked for it"},
)
def apps_destroy(c: Context, app: str = "", stage: str = "", confirm: str = "") -> None:
    """Destroy the app with its add-ons and their data, once its name has been typed.

    Example: ./inv apps.destroy --stage staging --confirm my-staging
    """
    apps.destroy(Tools.here(), name=app or "", stage=stage, confirm=confirm)


@verb(help={"stage": STAGE, "account": "a name for it, where there are several"})
def login(c: Context, stage: str = "", account: str = "") -> None:
    """Keep a token in the system's keyring; it is asked for without being shown, or read from stdin.

    Example: ./inv login --account work
    """
    accounts.login(Tools.here(), stage=stage, account=account)


@verb(help={"stage": STAGE, "account": "its name, where there are several"})
def logout(c: Context, stage: str = "", account: str = "") -> None:
    """Take a token out of the keyring.

    Example: ./inv logout --account work
    """
    accounts.logout(Tools.here(), stage=stage, account=account)


@verb(help={"stage": STAGE, "account": "its name, where there are several", "json": "for a script"})
def whoami(c: Context, stage: str = "", account: str = "", json: bool = False) -> None:
    """Whose token it is that a verb would use, and where it was found.

    Example: ./inv whoami --stage staging
    """
    accounts.whoami(Tools.here(), stage=stage, account=account, as_json=json)
