"""What a verb did, for a script: with --json it says what it says on stderr, and there is one JSON value on stdout.

A verb that does something ends with an object: what it did, or what went wrong. One that reads prints what there is, and the
object only where it could not.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import IO, Any

from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError


@dataclass
class Record:
    """One run of a verb. place: stage and app; rows: of tables that it printed; running: asks which release runs there."""

    verb: str | None
    ok: bool = False
    place: dict[str, str] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: ToolbeltError | None = None
    running: Callable[[], str] | None = None

    def step(self, name: str, note: str, seconds: float | None) -> None:
        self.steps.append({"step": name.strip(), "what": note.strip(), "seconds": None if seconds is None else round(seconds, 2)})

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.rows += [dict(zip((name or "note" for name in columns), row, strict=False)) for row in rows]

    def told(self) -> Mapping[str, Any]:
        """The object: what there is none of is not in it, but for stage and app of a verb that works on none."""
        found: dict[str, Any] = {"verb": self.verb, "ok": self.ok, "stage": None, "app": None} | self.place
        changed = self.ok or isinstance(self.error, DeployFailed)  # nobody who has typed Ctrl-C waits for Heroku
        if self.running is not None and changed and (release := self._release()):
            found["release"] = release
        found["steps"] = self.steps
        more: dict[str, Any] = {"facts": self.facts, "rows": self.rows, "warnings": self.warnings}
        found |= {name: value for name, value in more.items() if value}
        if self.error is not None:
            found["error"] = {"what": self.error.headline, "finding": self.error.finding, "todo": self.error.todo}
        return found

    def _release(self) -> str:
        """What is done is done: it is told, although somebody does not wait until it is known what runs."""
        try:
            return self.running() if self.running is not None else ""
        except KeyboardInterrupt:
            self.warnings.append("Interrupted while Heroku was asked which release runs")
            return ""


CURRENT: ContextVar[Record | None] = ContextVar("CURRENT", default=None)


@contextlib.contextmanager
def recorded(verb: str) -> Iterator[Record]:
    """All that is printed meanwhile goes to stderr, that of programs which are started too; then the object to stdout."""
    made = Record(verb)
    try:
        with _stdout_at(sys.stderr, 2), _kept(made):
            yield made
    finally:
        show(made)


@contextlib.contextmanager
def answered(verb: str) -> Iterator[Record]:
    """What is printed meanwhile goes to stdout at the end if it is one JSON object or array; otherwise to stderr, and the object
    to stdout."""
    made = Record(verb)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="") as file:
        try:
            with _stdout_at(file, file.fileno()), _kept(made):
                yield made
        finally:
            file.flush()
            file.seek(0)
            said = file.read()
            if _is_data(said):
                _print(said)
            else:
                sys.stderr.write(said)
                show(made)


def show(made: Record) -> None:
    """The object, on stdout: in ASCII, so that it is the same whatever a terminal or a pipe has letters for."""
    _print(json.dumps(made.told(), indent=2) + "\n")


def _print(text: str) -> None:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2) + "\n"
    sys.stdout.write(text)
    sys.stdout.flush()


def _is_data(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


@contextlib.contextmanager
def _stdout_at(stream: IO[str], descriptor: int) -> Iterator[None]:
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(descriptor, 1)
        with contextlib.redirect_stdout(stream):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@contextlib.contextmanager
def _kept(made: Record) -> Iterator[None]:
    """How the block ends is in the record; whatever is not good has an error."""
    token = CURRENT.set(made)
    try:
        yield
        made.ok = True
    except SystemExit as ended:
        made.ok = ended.code in (None, 0)
        if not made.ok:
            made.error = made.error or ToolbeltError(f"{made.verb} ended with exit status {ended.code}")
        raise
    except KeyboardInterrupt:
        made.error = made.error or Interrupted("Interrupted")
        raise
    except BaseException as defect:
        made.error = made.error or ToolbeltError(f"A defect of {made.verb}: {type(defect).__name__}, told on stderr")
        raise
    finally:
        CURRENT.reset(token)
