"""A command line against the verbs that invoke found in it: what invoke lets go, and somebody meant otherwise."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from invoke import ParseError
from invoke.parser.context import ParserContext

from toolbelt.commands.local import spelling
from verbs.words import Optional, flags, negatives

# They do nothing without words of somebody else's.
ALL_BEHIND = ("manage", "run")
# Their own word may be a verb's name: ./inv help deploy, ./inv bench releases.
OF_VERBS = ("help", "bench")
# An empty variable of a script's is to mean no app at all, and not the default one.
WHICH = frozenset({"app", "from", "source", "stage", "target", "to"})


def behind(typed: Sequence[str], verbs: Mapping[str, Optional]) -> list[str]:
    """The line for invoke, which keeps what stands behind --: of a verb that hands nothing on these are its own words.

    Raises UsageError for a flag among them.
    """
    named = [word for word in typed[: typed.index("--")] if word in verbs] if "--" in typed else []
    if not named or "--complete" in typed or any(verbs[name].hands_on for name in named):
        return list(typed)
    at = typed.index("--")
    for word in typed[at + 1 :]:
        if word.startswith("-"):
            raise spelling.nothing_behind(named[-1], word)
    return [*typed[:at], *typed[at + 1 :]]


def complete(typed: Sequence[str], contexts: Sequence[ParserContext], verbs: Mapping[str, Optional]) -> None:
    """Raises ParseError for a flag without its value, wherever it stands; UsageError for a verb taken as another's word."""
    at = typed.index("--") if "--" in typed else len(typed)
    ahead, context, words, n = list(contexts), None, 0, 0
    while n < len(typed):
        word, n = typed[n], n + 1
        flag, equals, given = word.partition("=")
        if n > at and (context is None or _verb(context, verbs).hands_on):
            return
        if context is not None and (each := next((e for e in context.args.values() if flag in flags(e)), None)):
            if each.takes_value:
                value = given if equals else typed[n] if n < at else "--"
                n += not equals
                missing = not equals and (value.startswith("--") or value in _known(context))
                if missing or (not value and WHICH & {name.strip("_") for name in each.names}):
                    raise ParseError(f"Flag {each!r} needed value", context)
        elif word.startswith("-"):
            continue
        elif context is not None and words < len(context.positional_args):
            made = _verb(context, verbs)
            slot = str(context.positional_args[words].name)
            required = slot in made.positional
            if not required and n <= at and word in verbs and context.name not in OF_VERBS:
                raise spelling.verb_as_word(str(context.name), word, typed)
            words += 1
        elif ahead and word in (ahead[0].name, *ahead[0].aliases):
            context, words = ahead.pop(0), 0


def _verb(context: ParserContext, verbs: Mapping[str, Optional]) -> Optional:
    """A noun alone is a list to invoke: ps is ps.list."""
    name = str(context.name)
    return verbs[name if name in verbs else name.removesuffix(".list")]


def _known(context: ParserContext) -> Container[str]:
    return {flag for each in context.args.values() for flag in (*flags(each), *negatives(each))}
