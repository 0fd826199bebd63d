"""Verbs on the running site: Django's commands and the consoles of its servers, the same on both stacks."""

from __future__ import annotations

from collections.abc import Sequence

from toolbelt.errors import UsageError
from toolbelt.tools import Tools


def manage(tools: Tools, *words: str) -> None:
    """`manage.py` with these words; its exit status is ours."""
    run(tools, ["python", "manage.py", *words])


def run(tools: Tools, argv: Sequence[str]) -> None:
    """Any program, as the site's processes are run; its exit status is ours."""
    if not argv:
        raise UsageError("What is to be run?", todo="./inv run -- python -V")
    _exit(tools.stack().site(argv))


def dbshell(tools: Tools, argv: Sequence[str]) -> None:
    """psql on the site's database."""
    _exit(tools.stack().dbshell(argv))


def redis_cli(tools: Tools, argv: Sequence[str]) -> None:
    """A console on the site's Valkey."""
    _exit(tools.stack().redis_cli(argv))


def loaddata(tools: Tools, fixture: str, words: Sequence[str]) -> None:
    """A fixture by its name, or a file from the folder in which it was typed."""
    manage(tools, "loaddata", inside(tools, fixture) if tools.config.file(fixture).is_file() else fixture, *words)


def inside(tools: Tools, name: str) -> str:
    """A file as the site's processes know it, which run in the checkout, on one stack in a container."""
    path = tools.config.file(name).absolute()
    return str(path.relative_to(tools.config.root)) if path.is_relative_to(tools.config.root) else str(path)


def _exit(status: int) -> None:
    if status != 0:
        raise SystemExit(status)
