"""Verbs on an app's config vars."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.apps import config as config_
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import STAGE

verb = Group("Config vars")
FORCE = "although the settings read no variable of that name"


@verb(help={"stage": STAGE, "show": "with their values", "json": "for a script (values only with --show)"})
def config(c: Context, stage: str = "", show: bool = False, json: bool = False) -> None:
    """An app's config vars; values are masked.

    Example: ./inv config --stage staging
    """
    config_.config(Tools.here(), stage=stage, show=show, as_json=json)


@verb(name="config.get", positional=["name"], help={"name": "of a config var", "stage": STAGE})
def config_get(c: Context, name: str, stage: str = "") -> None:
    """The value of one, and nothing else.

    Example: ./inv config.get KEYGEN_RATE --stage staging
    """
    config_.get(Tools.here(), name=name, stage=stage)


@verb(
    name="config.set",
    rest="pairs",
    help={"pairs": "NAME=value; a name alone asks for its value, or reads it from stdin", "stage": STAGE, "force": FORCE},
)
def config_set(c: Context, pairs: tuple[str, ...] = (), stage: str = "", force: bool = False) -> None:
    """Set config vars, all in one release.

    Example: ./inv config.set KEYGEN_RATE=5/m LOG_LEVEL=DEBUG --stage staging
    Example: ./inv config.set PRIVATE_KEY --stage staging < key.pem
    """
    config_.set_(Tools.here(), pairs=pairs, stage=stage, force=force)


@verb(name="config.unset", rest="names", help={"names": "of config vars", "stage": STAGE})
def config_unset(c: Context, names: tuple[str, ...] = (), stage: str = "") -> None:
    """Remove config vars, all in one release.

    Example: ./inv config.unset KEYGEN_RATE --stage staging
    """
    config_.unset(Tools.here(), names=names, stage=stage)


@verb(
    name="config.diff",
    positional=["a", "b"],
    help={"a": "a stage", "b": "another", "show": "with their values", "json": "for a script"},
)
def config_diff(c: Context, a: str, b: str, show: bool = False, json: bool = False) -> None:
    """What two stages do not have in common; exit status 1 if there is something.

    Example: ./inv config.diff staging production
    """
    config_.diff(Tools.here(), a=a, b=b, show=show, as_json=json)


@verb(name="config.pull", rest="names", help={"names": "only these", "stage": STAGE, "yes": "do not ask"})
def config_pull(c: Context, names: tuple[str, ...] = (), stage: str = "", yes: bool = False) -> None:
    """Write config vars to .env, without those of add-ons; nothing is overwritten unasked.

    Example: ./inv config.pull KEYGEN_RATE --stage staging
    """
    config_.pull(Tools.here(), names=names, stage=stage, yes=yes)


@verb(name="config.push", rest="names", help={"names": "only these", "stage": STAGE, "yes": "do not ask", "force": FORCE})
def config_push(c: Context, names: tuple[str, ...] = (), stage: str = "", yes: bool = False, force: bool = False) -> None:
    """Set config vars as .env has them, all in one release.

    Example: ./inv config.push KEYGEN_RATE --stage staging
    """
    config_.push(Tools.here(), names=names, stage=stage, yes=yes, force=force)
