"""The program behind ./inv: invoke's own, but for what it says of a command line that cannot be."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import NoReturn, cast

from invoke import Exit, ParseError, Program, __version__
from invoke.parser.context import ParserContext

from toolbelt import record, stages
from toolbelt.commands.local import spelling
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.output import Printer
from toolbelt.tools import Tools
from verbs import completion
from verbs import typed as lines
from verbs.index import GROUPS
from verbs.words import Optional, flags, negatives

# What invoke says (invoke/parser/parser.py); a ParseError carries nothing else but the verb.
UNKNOWN = re.compile(r"No idea what '(.*)' is!$", re.DOTALL)
VALUELESS = re.compile(r"Flag <Argument: (\S+?)[ >*].*needed value", re.DOTALL)
MISSING = re.compile(r"did not receive required positional arguments: (.*)$", re.DOTALL)


class Inv(Program):
    """Every ParseError in the one shape of bad news, with exit status 2."""

    def parse_core(self, argv: list[str] | None) -> None:
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                super().parse_core(argv)
        finally:
            sys.stdout.write(completion.script(said.getvalue()))

    def normalize_argv(self, argv: list[str] | None) -> None:
        super().normalize_argv(argv)
        self._told(self._behind)

    def parse_tasks(self) -> None:
        self._told(super().parse_tasks)
        self._told(self._complete)

    def parse_cleanup(self) -> None:
        if self.args.complete.value:
            for word in completion.candidates(shlex.split(self.core.remainder)[1:], _verbs(), _stages):
                sys.stdout.write(word + "\n")
            raise Exit
        self._told(super().parse_cleanup)

    def _behind(self) -> None:
        self.argv = lines.behind(self.argv, _verbs())

    def _complete(self) -> None:
        """What invoke lets go: a flag without its value, another program's word as a verb, a verb as another's word."""
        for context, after in pairwise(self.tasks):
            if context.name in lines.ALL_BEHIND:  # ./inv manage check: invoke takes check for a second verb
                raise ParseError(f"No idea what {after.name!r} is!", context)
        lines.complete(sys.argv[1:], self.tasks, _verbs())

    def _told(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ParseError as error:
            self._refused(explained(error, verb=self._verb(error.context), typed=sys.argv[1:]))
        except UsageError as error:
            self._refused(error)

    def _refused(self, error: UsageError) -> NoReturn:
        """For a person; and where a script would have read an object, for a script."""
        Printer().bad_news(error)
        body = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
        if "--json" in body:
            names = _verbs()
            record.show(record.Record(next((word for word in body if word in names), None), error=error))
        raise SystemExit(error.status) from None

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
        known = [flag for each in arguments for flag in (*flags(each), *negatives(each))]
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


def _verbs() -> dict[str, Optional]:
    return {each.name.replace("_", "-"): cast("Optional", each) for group in GROUPS.values() for each in group}


def _stages() -> tuple[str, ...]:
    try:
        return (*stages.names(Tools.here().config.root), stages.REHEARSAL)
    except ToolbeltError:
        return ()


# The names are invoke's own: completion for a shell asks for them.
program = Inv(name="invoke", binary="./inv", binary_names=["inv", "invoke"], version=__version__)
