"""The command line, word by word: what invoke does not tell a verb about it."""

from __future__ import annotations

import re
import sys
from typing import Any

from invoke import Argument, ParseError, Task

STAGE = "a stage of pyproject.toml, or rehearsal"  # what --stage is, in every verb's help


def words() -> list[str]:
    """What stands behind `--` on the command line, word by word (invoke itself keeps it as one string)."""
    return sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []


def one(word: str) -> list[str]:
    """A positional argument that may have been left out, as a list."""
    return [word] if word else []


def number(word: str) -> int:
    """A number that somebody types for a flag; invoke shows a ParseError as it is, and anything else with a traceback."""
    if not (word.isascii() and word.isdigit()):
        raise ParseError(f"{word!r} is not a number, such as 5")
    return int(word)


class Optional(Task[Any]):
    """A task whose positional arguments may be left out: invoke asks for every positional that it knows of, so
    that it is told of them only where the command line has them."""

    optional_positional: tuple[str, ...] = ()
    rest = ""  # the argument that takes all further words, as many as there are
    rest_help = ""
    hands_on = False  # words behind -- are handed on, to Django, pytest or another program

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        told = dict(self.help)
        every = super().get_arguments(ignore_unknown_help)
        self.help = told  # invoke takes it out, and whoever asks again would not be told
        arguments = [each for each in every if each.name != self.rest]
        self.rest_help = next((each.help or "" for each in every if each.name == self.rest), "")
        valued = {f for a in arguments if a.takes_value for f in flags(a)}
        given = _given(self.name.replace("_", "-"), valued, hands_on=self.hands_on)
        if self.rest:
            named = sum(each.positional or each.name in self.optional_positional for each in arguments)
            arguments += [
                Argument(name=f"{self.rest}-{n}", attr_name=f"{self.rest}_{n}", positional=True) for n in range(given - named)
            ]
        for argument in arguments:
            if argument.kind is int:
                argument.kind = number
            argument.positional = argument.name in self.optional_positional[:given] or argument.positional
            if argument.positional and argument.name in self.optional_positional:
                argument.default = None
        return arguments


def gathered(values: dict[str, Any], rest: str) -> dict[str, Any]:
    """A verb's arguments with the words for its last one put together: ``names_0``, ``names_1`` become ``names``."""
    words = {name: value for name, value in values.items() if re.fullmatch(rf"{rest}_\d+", name)}
    ordered = tuple(words[name] for name in sorted(words, key=lambda name: int(name.rpartition("_")[2])))
    return {name: value for name, value in values.items() if name not in words} | {rest: ordered}


def flags(argument: Argument) -> list[str]:
    """An argument's names as they are typed: --dry-run, -n."""
    return [f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}" for name in argument.names]


def negatives(argument: Argument) -> list[str]:
    """--no-verify, of a flag that is on unless somebody says so."""
    return [f"--no-{name[2:]}" for name in flags(argument) if argument.default is True and name.startswith("--")]


def _given(name: str, with_value: set[str], *, hands_on: bool) -> int:
    """How many bare words follow the verb on the command line; those behind -- are its own where it hands none on."""
    if name not in sys.argv:
        return 0
    count, skip = 0, False
    for word in sys.argv[sys.argv.index(name) + 1 :]:
        if word == "--":
            if hands_on:
                break
            continue
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in with_value
        else:
            count += 1
    return count
