"""The patterns of .dockerignore, as BuildKit takes them (github.com/moby/patternmatcher)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath


def allows(text: str) -> Callable[[str], bool]:
    """Whether a file, by its path, can get into a build: the last pattern that says something of it decides."""
    rules = [(line[1:] if line.startswith("!") else line, line.startswith("!")) for line in map(str.strip, text.splitlines())
             if line and not line.startswith("#")]  # fmt: skip
    compiled = [(_compile(pattern.strip().strip("/")), kept) for pattern, kept in rules]

    def allowed(path: str) -> bool:
        places = [path, *(str(parent) for parent in PurePosixPath(path).parents)][:-1]
        verdict = True
        for pattern, kept in compiled:
            if any(pattern.fullmatch(place) for place in places):
                verdict = kept
        return verdict

    return allowed


def _compile(pattern: str) -> re.Pattern[str]:
    written, rest = "", pattern.removeprefix("./")
    while rest:
        if rest.startswith("**/"):
            written, rest = written + "(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            written, rest = written + ".*", rest[2:]
        elif rest[0] in "*?":
            written, rest = written + ("[^/]*" if rest[0] == "*" else "[^/]"), rest[1:]
        elif rest[0] == "[" and "]" in rest:
            end = rest.index("]") + 1
            written, rest = written + rest[:end].replace("[!", "[^"), rest[end:]
        else:
            written, rest = written + re.escape(rest[0]), rest[1:]
    return re.compile(written)
