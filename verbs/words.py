"""The command line, word by word: what invoke does not tell a verb about it."""

from __future__ import annotations

import sys
from typing import Any

from invoke import Argument, Task

STAGE = "a stage of pyproject.toml, or rehearsal"  # what --stage is, in every verb's help


def words() -> list[str]:
    """What stands behind `--` on the command line, word by word (invoke itself keeps it as one string)."""
    return sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []


def one(word: str) -> list[str]:
    """A positional argument that may have been left out, as a list."""
    return [word] if word else []


class Optional(Task[Any]):
    """A task whose positional arguments may be left out: invoke asks for every positional that it knows of, so
    that it is told of them only where the command line has them."""

    optional_positional: tuple[str, ...] = ()

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        arguments = super().get_arguments(ignore_unknown_help)
        given = _given(self.name.replace("_", "-"), {f for a in arguments if a.takes_value for f in flags(a)})
        for argument in arguments:
            argument.positional = argument.name in self.optional_positional[:given] or argument.positional
            if argument.positional and argument.name in self.optional_positional:
                argument.default = None
        return arguments


def flags(argument: Argument) -> list[str]:
    """An argument's names as they are typed: --dry-run, -n."""
    return [f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}" for name in argument.names]


def _given(name: str, with_value: set[str]) -> int:
    """How many bare words follow the verb on the command line."""
    if name not in sys.argv:
        return 0
    count, skip = 0, False
    for word in sys.argv[sys.argv.index(name) + 1 :]:
        if word == "--":
            break
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in with_value
        else:
            count += 1
    return count
