"""Verbs on the code: tests, checks, lock files, measurements."""

from __future__ import annotations

from invoke import Context

from toolbelt.commands.local import project, quality
from toolbelt.tools import Tools
from verbs.index import Group
from verbs.words import one, words

verb = Group("The code")


@verb(
    optional=("path",),
    help={"path": "a file or folder", "k": "only tests that match", "all": "slow ones too"},
)
def test(c: Context, path: str = "", k: str = "", all: bool = False) -> None:
    """Run every test that this machine can run; pytest's own options behind --.

    Example: ./inv test tests/djheroku -k health -- -x
    """
    quality.test(Tools.here(), paths=one(path), expression=k, everything=all, words=words())


@verb()
def check(c: Context) -> None:
    """Format, lint, types, imports, Dockerfile, Compose, shell, workflows, deploy checks, vulnerabilities.

    Example: ./inv check
    """
    quality.check(Tools.here())


@verb()
def fix(c: Context) -> None:
    """Format the code and mend what a machine can mend.

    Example: ./inv fix
    """
    quality.fix(Tools.here())


@verb(help={"upgrade": "the newest versions that fit"})
def lock(c: Context, upgrade: bool = False) -> None:
    """Write the lock files from pyproject.toml.

    Example: ./inv lock --upgrade
    """
    quality.lock(Tools.here(), upgrade=upgrade)


@verb(optional=("name",), help={"name": "only this measurement"})
def bench(c: Context, name: str = "") -> None:
    """Measure: medians, side by side.

    Example: ./inv bench stack
    """
    project.bench(Tools.here(), names=one(name))
