"""Verbs on who may work on an app, and on the account whose token is used, listed under the same title as those on apps."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.apps import accounts as account_verbs
from toolbelt.commands.apps import households
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("Apps and accounts")


@verb(help={"stage": STAGE, "json": "for a script"})
def access(c: Context, stage: str = "", json: bool = False) -> None:
    """Who may work on the app.

    Example: ./inv access --stage production
    """
    households.access(Tools.here(), stage=stage, as_json=json)


@verb(name="access.add", positional=["email"], help={"email": "of an account", "stage": STAGE})
def access_add(c: Context, email: str, stage: str = "") -> None:
    """Let somebody work on the app.

    Example: ./inv access.add ada@example.com --stage staging
    """
    households.add_access(Tools.here(), email=email, stage=stage)


@verb(name="access.remove", positional=["email"], help={"email": "of an account", "stage": STAGE})
def access_remove(c: Context, email: str, stage: str = "") -> None:
    """Take that right away.

    Example: ./inv access.remove ada@example.com --stage staging
    """
    households.remove_access(Tools.here(), email=email, stage=stage)


@verb(help={"stage": STAGE, "account": "a name for it, where there are several"})
def login(c: Context, stage: str = "", account: str = "") -> None:
    """Keep a token in the system's keyring; it is asked for without being shown, or read from stdin.

    Example: ./inv login --account work
    """
    account_verbs.login(Tools.here(), stage=stage, account=account)


@verb(help={"stage": STAGE, "account": "its name, where there are several"})
def logout(c: Context, stage: str = "", account: str = "") -> None:
    """Take a token out of the keyring.

    Example: ./inv logout --account work
    """
    account_verbs.logout(Tools.here(), stage=stage, account=account)


@verb(help={"json": "for a script"})
def accounts(c: Context, json: bool = False) -> None:
    """Which account each stage is worked on with, and where its token is.

    Example: ./inv accounts
    """
    account_verbs.every(Tools.here(), as_json=json)


@verb(help={"stage": STAGE, "account": "its name, where there are several", "json": "for a script"})
def whoami(c: Context, stage: str = "", account: str = "", json: bool = False) -> None:
    """Whose token it is that a verb would use, and where it was found.

    Example: ./inv whoami --stage staging
    """
    account_verbs.whoami(Tools.here(), stage=stage, account=account, as_json=json)
