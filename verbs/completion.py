"""What a shell proposes for a line that is being typed: verbs, their flags, and stages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from verbs.words import STAGE, Optional, flags, negatives

# invoke's scripts call a program of its own name, which is on PATH in .venv alone; ours is the one that is being typed.
CALLS = {
    "`inv --complete": "`${COMP_WORDS[0]} --complete",  # bash
    "$(inv ${=collection_arg}": "$(${words[1]} ${=collection_arg}",  # zsh
    "    inv --complete -- (commandline --tokenize)": (  # fish
        "    set --local typed (commandline --tokenize)\n    $typed[1] --complete -- $typed"
    ),
}


def script(text: str) -> str:
    """invoke's script for a shell, calling ./inv as it is typed."""
    for theirs, ours in CALLS.items():
        text = text.replace(theirs, ours)
    return text


def candidates(typed: Sequence[str], verbs: Mapping[str, Optional], stages: Callable[[], Iterable[str]]) -> list[str]:
    """Words that may stand where the last one is being typed, or after it; none where it is a value that only a person knows."""
    named = [word for word in typed if word in verbs]
    if not named:
        return sorted(verbs)
    made = verbs[named[-1]]
    arguments = [
        each
        for each in made.get_arguments()
        if not each.positional and each.name not in (*made.optional_positional, *made.positional)
    ]
    known = {flag: each for each in arguments for flag in flags(each)}
    for word in typed[:-3:-1]:
        if word in known and known[word].takes_value:
            return list(stages()) if STAGE in (known[word].help or "") else []
    if typed[-1].startswith("-"):
        every = [flag for each in arguments for flag in (*flags(each), *negatives(each))]
        return [flag for flag in every if flag.startswith("--") or not typed[-1].startswith("--")]
    return sorted(verbs)
