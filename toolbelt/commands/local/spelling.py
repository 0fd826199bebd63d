"""A command line that cannot be: what is wrong in it, what was perhaps meant, and where it is told how it goes."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from toolbelt.errors import UsageError


def no_verb(word: str, names: Iterable[str]) -> UsageError:
    """There is no verb of that name; a noun alone, such as db, has its verbs listed."""
    every = sorted(names)
    of_noun = [name for name in every if name.startswith(f"{word}.")]
    if of_noun:
        return UsageError(f"{word} alone is no verb. There are: {', '.join(of_noun)}", todo="./inv help VERB tells of one")
    return UsageError(f"There is no verb {word}{meant(word, every)}", todo="./inv help lists all verbs")


def no_flag(verb: str, word: str, flags: Iterable[str], typed: Sequence[str] = ()) -> UsageError:
    """The verb has no such flag; typed: the whole command line, where the verb hands words behind -- on."""
    near = meant(word, flags)
    if near or not typed:
        return UsageError(f"{verb} has no flag {word}{near}", todo=f"./inv help {verb}")
    return _handed_on(f"{verb} has no flag {word} of its own", verb, word, typed)


def no_word(verb: str, word: str, names: Iterable[str], stages: Iterable[str] = (), typed: Sequence[str] = ()) -> UsageError:
    """The verb takes no further word, and there is no second verb of that name; stages: where it takes --stage."""
    if word in stages:
        return UsageError(f"{verb} takes no word {word}. Did you mean --stage {word}?", todo=f"./inv {verb} --stage {word}")
    if typed:
        return _handed_on(f"{verb} takes no word {word} of its own", verb, word, typed)
    near = meant(word, names)
    second = f", and there is no verb {word}{near}" if near else ""
    return UsageError(f"{verb} takes no word {word}{second}", todo=f"./inv help {verb}")


def no_value(verb: str, flag: str, what: str) -> UsageError:
    """A flag without its value; what: the flag's help."""
    return UsageError(f"{flag} of {verb} wants a value", finding=what, todo=f"./inv help {verb}")


def no_words(verb: str, wanted: Sequence[str], missing: Sequence[str]) -> UsageError:
    """A word is missing that the verb cannot do without; wanted: all of them, in their order."""
    line = " ".join(name.upper() for name in wanted)
    what = " and ".join(name.upper() for name in missing)
    return UsageError(f"{verb} wants {what}: ./inv {verb} {line}", todo=f"./inv help {verb}")


def verb_as_word(verb: str, word: str, typed: Sequence[str]) -> UsageError:
    """A verb's name where another verb may have a word of its own: nobody knows which of the two is meant."""
    at = typed.index(word, typed.index(verb) + 1)
    two = f"./inv {shlex.join(typed[:at])} && ./inv {shlex.join(typed[at:])}"
    one = shlex.join([*typed[:at], *typed[at + 1 :], "--", word])
    return UsageError(
        f"{word} is a verb, and stands where {verb} has words of its own",
        finding=f"Two verbs: {two}",
        todo=f"Meant as a word: ./inv {one}",
    )


def nothing_behind(verb: str, word: str) -> UsageError:
    """A flag behind -- of a verb that hands nothing on."""
    todo = f"Flags stand before it: ./inv help {verb}"
    return UsageError(f"{verb} hands nothing on: {word} behind -- would be a word of its own", todo=todo)


def meant(word: str, names: Iterable[str]) -> str:
    """``. Did you mean deploy?``, with the names most like the word; "" where none is."""
    alike = [name for name in names if name.startswith("--") == word.startswith("--")]
    near = get_close_matches(word, alike, n=2, cutoff=0.66)
    return f". Did you mean {' or '.join(near)}?" if near else ""


def _handed_on(headline: str, verb: str, word: str, typed: Sequence[str]) -> UsageError:
    at = typed.index(word)
    line = shlex.join([*typed[:at], "--", *typed[at:]])
    return UsageError(headline, finding="Words behind -- are handed on.", todo=f"./inv {line}; ./inv help {verb} tells more")
