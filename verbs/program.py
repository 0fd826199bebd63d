"""The program behind ./inv: invoke's own, but for what it says of a command line that cannot be."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from itertools import pairwise

from invoke import ParseError, Program, __version__
from invoke.parser.context import ParserContext

from toolbelt import stages
from toolbelt.commands.local import spelling
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.output import Printer
from toolbelt.tools import Tools
from verbs.index import GROUPS
from verbs.words import Optional, flags

# What invoke says (invoke/parser/parser.py); a ParseError carries nothing else but the verb.
UNKNOWN = re.compile(r"No idea what '(.*)' is!$", re.DOTALL)
VALUELESS = re.compile(r"Flag <Argument: (\S+?)[ >*].*needed value", re.DOTALL)
MISSING = re.compile(r"did not receive required positional arguments: (.*)$", re.DOTALL)

# They do nothing without words of somebody else's.
ALL_BEHIND = ("manage", "run")


class Inv(Program):
    """Every ParseError in the one shape of bad news, with exit status 2."""

    def parse_tasks(self) -> None:
        self._told(super().parse_tasks)
        self._told(self._complete)

    def parse_cleanup(self) -> None:
        self._told(super().parse_cleanup)

    def _complete(self) -> None:
        """What invoke lets go: a flag that may be given several times without its value, another program's word as a verb."""
        body = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
        for context, after in pairwise(self.tasks):
            if context.name in ALL_BEHIND:  # ./inv manage check: invoke takes check for a second verb
                raise ParseError(f"No idea what {after.name!r} is!", context)
        for context in self.tasks[-1:]:
            for each in context.args.values():
                if each.kind is list and body[-1] in flags(each):
                    raise ParseError(f"Flag {each!r} needed value", context)

    def _told(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ParseError as error:
            told = explained(error, verb=self._verb(error.context), typed=sys.argv[1:])
            Printer().bad_news(told)
            raise SystemExit(told.status) from None

    def _verb(self, context: ParserContext | None) -> Optional | None:
        """The verb that was being read; None before the first, and in what was said of a value."""
        if context is None or not context.name:
            return None
        made: Optional = self.collection[context.name]
        return made


def explained(error: ParseError, *, verb: Optional | None, typed: list[str]) -> UsageError:
    """What invoke found, as a person can use it."""
    said = str(error)
    names = [each.name.replace("_", "-") for group in GROUPS.values() for each in group]
    if verb is None:
        if not (unknown := UNKNOWN.search(said)):
            first = next((word for word in typed if word in names), "")
            return UsageError(said, todo=f"./inv help {first}".rstrip())
        if unknown[1].startswith("-"):
            return UsageError(f"There is no flag {unknown[1]} before a verb", todo="./inv help lists all verbs")
        return spelling.no_verb(unknown[1], names)
    name, arguments = verb.name.replace("_", "-"), verb.get_arguments()
    if unknown := UNKNOWN.search(said):
        known = [flag for each in arguments for flag in _typed(flags(each), negative=each.default is True)]
        behind = typed if verb.hands_on and unknown[1] in typed and "--" not in typed else []
        if unknown[1].startswith("-"):
            return spelling.no_flag(name, unknown[1], known, behind)
        return spelling.no_word(name, unknown[1], names, _stages() if "--stage" in known else (), behind)
    if found := VALUELESS.search(said):
        each = next(each for each in arguments if found[1].replace("_", "-") in each.names or found[1] == each.name)
        return spelling.no_value(name, flags(each)[0], each.help or "")
    if found := MISSING.search(said):
        return spelling.no_words(
            name, [str(each.name) for each in arguments if each.positional], re.findall(r"'([^']+)'", found[1])
        )
    return UsageError(said, todo=f"./inv help {name}")


def _typed(names: list[str], *, negative: bool) -> list[str]:
    return [*names, *(f"--no-{name[2:]}" for name in names if negative and name.startswith("--"))]


def _stages() -> tuple[str, ...]:
    try:
        return (*stages.names(Tools.here().config.root), stages.REHEARSAL)
    except ToolbeltError:
        return ()


# The names are invoke's own: completion for a shell asks for them.
program = Inv(name="invoke", binary="./inv", binary_names=["inv", "invoke"], version=__version__)
