"""What a deploy has done so far, written down before and after each step, and what is kept of it when it is over.

A run that is killed leaves its journal behind: ``unfinished`` finds it. Both live below ``.djheroku``; why there, and
not at Heroku: docs/adr/0012-record.md.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolbelt import git
from toolbelt.commands.history import entries as history
from toolbelt.commands.history import keeping
from toolbelt.commands.lock import holding
from toolbelt.errors import ToolbeltError
from toolbelt.records import Record
from toolbelt.stack.state import Running
from toolbelt.tools import Heroku, Tools


@dataclass
class Step:
    """seconds: None while it is under way, or where it ended in its middle; begun: by the clock of the run itself."""

    name: str
    seconds: float | None = None
    begun: float | None = None

    @property
    def told(self) -> dict[str, Any]:
        return {"name": self.name, "seconds": self.seconds}

    @property
    def took(self) -> float:
        """Also of one that ended in bad news; 0 where the run was killed in it, as nobody knows when."""
        if self.seconds is not None:
            return self.seconds
        return time.monotonic() - self.begun if self.begun is not None else 0.0


@dataclass
class Journal:
    """A deploy that is under way, or that ended in its middle.

    before and before_commit: the release that ran when it began; formation: quantity and size by process type then;
    config: names of the config vars then; notes: what the steps found out. These are read when it is over: version
    (of the release it made), digest, size, migrations, subject, who, origin, backup, gap.
    """

    tools: Tools
    heroku: Heroku
    commit: str
    kind: str
    before: int | None
    before_commit: str
    formation: Mapping[str, tuple[int, str]]
    config: tuple[str, ...]
    began: str
    process: Running
    app_id: str = ""
    steps: list[Step] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    over: bool = False

    @property
    def version(self) -> int:
        """Of the release that it has made; 0 as long as there is none."""
        return int(self.notes.get("version") or 0)

    @property
    def under_way(self) -> str:
        """The step that has begun and is not done, or ""."""
        return next((step.name for step in reversed(self.steps) if step.seconds is None), "")

    @property
    def reached(self) -> str:
        """The last step that is done, or ""."""
        return next((step.name for step in reversed(self.steps) if step.seconds is not None), "")

    def step(self, name: str) -> None:
        """A step begins."""
        self.steps.append(Step(name, begun=time.monotonic()))
        self._save()

    def done(self, name: str, seconds: float) -> None:
        """A step is done; one that was not told of before counts too."""
        step = next((each for each in reversed(self.steps) if each.name == name and each.seconds is None), None)
        if step is None:
            self.steps.append(step := Step(name))
        step.seconds = seconds
        self._save()

    def note(self, key: str, value: Any) -> None:
        """A fact that the next run, or the record, is to know. It is written to a file: never a secret."""
        self.notes[key] = list(value) if isinstance(value, tuple) else value
        self._save()

    def finish(self, outcome: str) -> Record:
        """The record of it, kept beside those of earlier releases if it made a release; the journal is over."""
        record = self._record(outcome)
        if record.version:
            keeping.keep(self.tools, self.heroku, record)
        self.over = True  # what is noted from now on is not to look like a run that ended in its middle
        _path(self.tools, self.heroku).unlink(missing_ok=True)
        return record

    def _save(self) -> None:
        if self.over:
            return
        told = {
            "app": self.heroku.app, "app_id": self.app_id, "commit": self.commit, "kind": self.kind, "before": self.before,
            "before_commit": self.before_commit, "formation": dict(self.formation), "config": self.config,
            "began": self.began, "process": asdict(self.process), "steps": [step.told for step in self.steps],
            "notes": self.notes,
        }  # fmt: skip
        keeping.write(_path(self.tools, self.heroku), json.dumps(told, indent=2) + "\n")

    def _record(self, outcome: str) -> Record:
        seconds: dict[str, float] = {}
        for step in self.steps:
            seconds[step.name] = round(seconds.get(step.name, 0.0) + step.took, 3)
        record = Record(
            app=self.heroku.app,
            version=self.version,
            commit=self.commit,
            subject=str(self.notes.get("subject") or git.subject(self.tools.config.root, self.commit)),
            kind=self.kind,
            who=str(self.notes.get("who") or ""),
            digest=str(self.notes.get("digest") or ""),
            migrations=tuple(self.notes.get("migrations") or ()),
            names=self.config,
            size=self.notes.get("size"),
            seconds=seconds,
            outcome=outcome,
            previous=self.before,
            began=self.began,
            job=holding.job(self.tools),
            origin=str(self.notes.get("origin") or ""),
            backup=str(self.notes.get("backup") or ""),
            gap=self.notes.get("gap"),
        )
        # What Heroku knows of it is worth a call or two, but not a failed deploy.
        with suppress(ToolbeltError):
            record = history.complete(self.tools, self.heroku, record)
        return record


def begin(
    tools: Tools,
    heroku: Heroku,
    *,
    commit: str,
    kind: str,
    before: int | None,
    before_commit: str,
    formation: Mapping[str, tuple[int, str]],
    config: Iterable[str],
    app_id: str = "",
) -> Journal:
    """Open the journal of a deploy; one that is there already is written over."""
    journal = Journal(
        tools=tools,
        heroku=heroku,
        commit=commit,
        kind=kind,
        before=before,
        before_commit=before_commit,
        formation=dict(formation),
        config=tuple(sorted(config)),
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        process=Running.of(os.getpid()),
        app_id=app_id,
    )
    journal._save()
    return journal


def unfinished(tools: Tools, heroku: Heroku, *, app_id: str = "") -> Journal | None:
    """The journal of a run that ended in its middle, or None. To be asked with the lock in hand: what a container
    with the same checkout does cannot be seen from here.

    app_id: that of the app there is now; a journal of an earlier app of this name is none.
    """
    try:
        found = json.loads(_path(tools, heroku).read_text(encoding="utf-8"))
        process = Running(**found["process"])
        if process.alive() or (app_id and found["app_id"] and app_id != found["app_id"]):
            return None
        return Journal(
            tools=tools,
            heroku=heroku,
            commit=found["commit"],
            kind=found["kind"],
            before=found["before"],
            before_commit=found["before_commit"],
            formation={name: (row[0], row[1]) for name, row in found["formation"].items()},
            config=tuple(found["config"]),
            began=found["began"],
            process=process,
            app_id=found["app_id"],
            steps=[Step(**step) for step in found["steps"]],
            notes=dict(found["notes"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _path(tools: Tools, heroku: Heroku) -> Path:
    return tools.config.home / "deploys" / f"{keeping.key(heroku)}.json"
