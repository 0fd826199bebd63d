"""Lines of a log in, meanings out, the cause first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from toolbelt.meanings.causes import CAUSES

MOST = 200  # lines that are looked through
ERROR = re.compile(r"^(?:[\w]+\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Failed|Refused)\b.*|^[\w.]+: error: .*")
STATUS = re.compile(r"Process exited with status (\d+)")
# A dyno that was told to end says so, and its exit is nobody's fault.
ASKED = re.compile(r"(?:Stopping all processes with SIGTERM|Cycling|Idling)")
LINE = re.compile(r"^\S+ (?:app|heroku)\[(?P<process>[\w.-]+)\]: (?P<text>.*)$")
HEROKU = re.compile(r"^\S+ heroku\[")
MEND = "Its last lines stand above: mend it and commit"
COMPILED = tuple((re.compile(expression), says, todo) for expression, says, todo in CAUSES)


@dataclass(frozen=True)
class Meaning:
    """says: a clause that goes on behind "web.1 crashed: "; todo: what to do."""

    says: str
    todo: str


def text(line: str) -> str:
    """What a process has said, without time and name."""
    found = LINE.match(line)
    return found["text"] if found else line


def begun(lines: Iterable[str]) -> list[str]:
    """The lines from the first start of a process on: before that stand the last words of the one it replaces.

    What that one was told to end with before, it may do later: such an end is left out too.
    """
    found = list(lines)
    at = next((number for number, line in enumerate(found) if "Starting process with command" in line), 0)
    asked = 0
    for line in found[:at]:
        asked += 1 if ASKED.search(line) else -1 if asked and STATUS.search(line) else 0
    kept = []
    for line in found[at:]:
        if asked and STATUS.search(line):
            asked -= 1
        else:
            kept.append(line)
    return kept


def read(lines: Iterable[str], *, flag: str = "") -> tuple[Meaning, ...]:
    """What the lines mean, the cause first; nothing where they say nothing that is known. flag: as commands want it."""
    lines = list(lines)
    told = own(map(text, lines))
    meanings: list[Meaning] = []
    for expression, says, todo in COMPILED:
        found = next(filter(None, map(expression.search, reversed(told))), None)
        if found is not None:
            words = [word for word in found.groups() if word] + ["", ""]
            meanings.append(Meaning(_fill(says, words, flag), _fill(todo, words, flag)))
    theirs = [line for line in lines if not HEROKU.match(line)]
    return tuple(meanings) or _unknown(told, [text(line).strip() for line in theirs])


def own(told: Iterable[str]) -> list[str]:
    """Without the ends that were asked for: the dyno that leaves and the one that comes have the same name."""
    kept, asked = [], 0
    for line in told:
        if ASKED.search(line):
            asked += 1
        elif asked and STATUS.search(line):
            asked -= 1
        else:
            kept.append(line)
    return kept


def _fill(sentence: str, words: list[str], flag: str) -> str:
    assigned = " ".join(f"{name}=…" for name in words[0].split(", "))
    filled = sentence.replace("{1}=…", assigned).replace("{1}", words[0]).replace("{2}", words[1])
    return filled.replace("{flag}", flag).rstrip(": ")


def _unknown(told: list[str], theirs: list[str]) -> tuple[Meaning, ...]:
    """The last line that looks like an error, in its own words; else how it ended, and what it said last.

    theirs: what the process itself has said."""
    error = next((line for line in reversed(theirs) if ERROR.match(line)), "")
    status = next((found[1] for line in reversed(told) if (found := STATUS.search(line))), "")
    if error:
        return (Meaning(f"it ended with {error[:200]}", MEND),)
    if status:
        last = next((line for line in reversed(theirs) if line), "")
        return (Meaning(f"it ended with status {status}" + (f", after “{last[:200]}”" if last else ""), MEND),)
    return ()
