"""What a verb did, for a script: a verb with --json says what it says on stderr, and prints one JSON object at its end."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from toolbelt.errors import DeployFailed, ToolbeltError


@dataclass
class Record:
    """One run of a verb. place: stage and app; rows: of tables that it printed; running: asks which release runs there."""

    verb: str
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

    def told(self, *, ok: bool) -> Mapping[str, Any]:
        """The object: what there is none of is not in it, but for stage and app of a verb that works on none."""
        found: dict[str, Any] = {"verb": self.verb, "ok": ok, "stage": None, "app": None} | self.place
        changed = self.error is None or isinstance(self.error, DeployFailed)
        if self.running is not None and changed and (release := self.running()):
            found["release"] = release
        found["steps"] = self.steps
        more: dict[str, Any] = {"facts": self.facts, "rows": self.rows, "warnings": self.warnings}
        found |= {name: value for name, value in more.items() if value}
        if self.error is not None:
            found["error"] = {"what": self.error.headline, "finding": self.error.finding, "todo": self.error.todo}
        return found


CURRENT: ContextVar[Record | None] = ContextVar("CURRENT", default=None)


@contextlib.contextmanager
def recorded(verb: str) -> Iterator[Record]:
    """All that is printed meanwhile goes to stderr, that of programs which are started too; then the object to stdout."""
    made = Record(verb)
    token = CURRENT.set(made)
    sys.stdout.flush()
    kept = os.dup(1)
    ok = False
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield made
        ok = True
    except SystemExit as ended:
        ok = ended.code in (None, 0)
        raise
    finally:
        CURRENT.reset(token)
        os.dup2(kept, 1)
        os.close(kept)
        sys.stdout.write(json.dumps(made.told(ok=ok), indent=2, ensure_ascii=False) + "\n")
        sys.stdout.flush()
