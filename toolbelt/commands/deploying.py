"""A deploy that is under way: its steps, each held to the plan, each with what is so if it ends in its middle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

from toolbelt import plan as planning
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError
from toolbelt.heroku import logs, releases
from toolbelt.heroku.releases import Release
from toolbelt.plan import Observed, Wanted
from toolbelt.tools import Heroku, Tools

Note = Callable[[str], None]
LOG_LINES = 30


@dataclass
class Run:
    """What the steps of a deploy work with."""

    tools: Tools
    heroku: Heroku
    wanted: Wanted
    observed: Observed

    @property
    def app(self) -> str:
        return self.observed.app.name

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(step.name for step in planning.deploy(self.wanted, self.observed))

    def has(self, name: str) -> bool:
        """The plan has such a step."""
        return name in self.names

    @property
    def again(self) -> str:
        """The command that carries on."""
        kind = f" --build {self.wanted.kind}" if self.wanted.kind else ""
        return f"./inv deploy{self.heroku.stage.flag}{kind}"

    @contextmanager
    def step(self, name: str, *, half: str) -> Iterator[Note]:
        """Do a step of the plan; what it notes is printed behind its name when it is done.

        half: what is so if it ends in its middle, by Ctrl-C or by bad news.
        """
        assert self.has(name), f"{name} is not in the plan"
        began = time.monotonic()
        notes: list[str] = []
        try:
            yield notes.append
        except KeyboardInterrupt:
            raise Interrupted(f"Interrupted at: {name}", finding=half, todo=f"{self.again} carries on") from None
        except ToolbeltError as error:
            if not isinstance(error, DeployFailed):
                error.finding = "\n".join(filter(None, [error.finding, half]))
            raise
        self.tools.printer.step(name, "; ".join(notes), time.monotonic() - began)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All steps together: Ctrl-C between two of them is told of as well."""
        try:
            yield
        except KeyboardInterrupt:
            half = f"What is done is told above; the rest is not: ./inv releases{self.heroku.stage.flag}"
            raise Interrupted("Interrupted", finding=half, todo=f"{self.again} carries on") from None

    def current(self) -> Release:
        """The release that runs, where Heroku saw no need for another."""
        current = releases.running(self.heroku.client, self.app)
        if current is None:
            raise DeployFailed(
                "Heroku made no release of it, and there is none that runs",
                todo=f"./inv releases{self.heroku.stage.flag}",
            )
        self.tools.printer.say(f"  Heroku has it already: {current.name}")
        return current

    def log(self, dyno: str = "") -> str:
        """The last lines of the app's log; "" where there are none to be had."""
        with suppress(ToolbeltError):
            return "\n".join(logs.lines(self.heroku.client, self.app, last=LOG_LINES, dyno=dyno))
        return ""

    def back(self, release: Release) -> str:
        """The command that brings the code back that ran before."""
        before = self.observed.current
        name = f" {before.name}" if before is not None and before.version < release.version else ""
        return f"./inv releases.rollback{name}{self.heroku.stage.flag}"
