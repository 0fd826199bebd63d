"""Verbs on this checkout, the overview among them."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.local import project
from toolbelt.tools import Tools
from verbs.index import Group, overview

verb = Group("This checkout")


@verb()
def secret(c: Context) -> None:
    """Print a fresh SECRET_KEY.

    Example: ./inv secret
    """
    project.secret(Tools.here())


@verb(help={"everything": ".venv too"})
def clean(c: Context, everything: bool = False) -> None:
    """Remove what tools have made; data is kept.

    Example: ./inv clean
    """
    project.clean(Tools.here(), everything=everything)


@verb(optional=("verb",), name="help", default=True, help={"verb": "the verb to tell about"})
def help_(c: Context, verb: str = "") -> None:
    """This overview, or more about one verb.

    Example: ./inv help up
    """
    if verb:
        project.explain(Tools.here(), overview(), verb)
    else:
        project.overview(Tools.here(), overview())
