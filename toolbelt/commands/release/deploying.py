"""A deploy that is under way: its steps, each held to the plan, each with what is so if it ends in its middle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from toolbelt import plan as planning
from toolbelt import records
from toolbelt.commands.history.recording import Journal
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError
from toolbelt.gate import Baseline
from toolbelt.heroku import logs, releases
from toolbelt.heroku.dynos import Dyno
from toolbelt.heroku.outage import Gap, Watch
from toolbelt.heroku.releases import Release
from toolbelt.plan import Observed, Step, Wanted
from toolbelt.tools import Heroku, Tools

Note = Callable[[str], None]
LOG_LINES = 200


class NotGood(DeployFailed):
    """A release is there, and does not do what it should. dyno: whose log tells why, "web.1" or "web"."""

    def __init__(self, headline: str, *, finding: str = "", todo: str = "", dyno: str = "") -> None:
        super().__init__(headline, finding=finding, todo=todo)
        self.dyno = dyno


class PhaseFailed(DeployFailed):
    """The release phase failed: Heroku keeps the release before it."""


class Halted(DeployFailed):
    """A release is there, and Heroku refuses what is to be done with it: its number of dynos, their size."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How much a deploy is to prove, and what it may do about it.

    times: answers in a row that are enough; seconds: for how long nothing may go wrong; outputs: a file that is told
    what came of it; the others are flags of the verb.
    """

    doctor: bool = True
    verify: bool = True
    rollback: bool = True
    accept_migrations: bool = False
    break_lock: bool = False
    times: int = 3
    seconds: float = 10.0
    outputs: str = ""


@dataclass
class Run:
    """What the steps of a deploy work with, and what they leave behind for those after them.

    planned: other steps than a deploy's; verb: the command that carries on, with its words. fresh: the release, if this
    run made one; released: when it was there, and answered: when the site did (monotonic); phase: what its release phase
    said; enabled and scaled: features and process types that were changed; up: the dynos as they were when all were up;
    gap: for how long the site did not answer; unproved: why it has not shown all that a gate asks for.
    """

    tools: Tools
    heroku: Heroku
    wanted: Wanted
    observed: Observed
    options: Options = field(default_factory=Options)
    planned: Sequence[Step] | None = None
    verb: str = ""
    journal: Journal | None = None
    baseline: Baseline = field(default_factory=Baseline)
    fresh: Release | None = None
    released: float = 0.0
    answered: float = 0.0
    phase: list[str] = field(default_factory=list)
    enabled: list[str] = field(default_factory=list)
    scaled: list[str] = field(default_factory=list)
    up: tuple[Dyno, ...] = ()
    watch: Watch | None = None
    gap: Gap = field(default_factory=Gap)
    unproved: str = ""

    @property
    def app(self) -> str:
        return self.observed.app.name

    @property
    def names(self) -> frozenset[str]:
        steps = planning.deploy(self.wanted, self.observed) if self.planned is None else self.planned
        return frozenset(step.name for step in steps)

    def note(self, key: str, value: object) -> None:
        """A fact for the journal, and so for the record."""
        if self.journal:
            self.journal.note(key, value)

    def see_downtime(self) -> None:
        """End the watch over the site; what it saw is added to ``gap``."""
        if self.watch is not None:
            self.gap, self.watch = self.gap + self.watch.end(), None
            self.note("gap", round(self.gap.seconds, 1))

    @property
    def outcome(self) -> str:
        """What its record is to say of a release that was seen to its end."""
        return records.VERIFIED if self.has("gate") and not self.unproved else records.RELEASED

    @property
    def downtime(self) -> str:
        """For how long the site did not answer, in words; "" where nobody has looked."""
        return self.gap.told

    def has(self, name: str) -> bool:
        """The plan has such a step."""
        return name in self.names

    @property
    def again(self) -> str:
        """The command that carries on."""
        if self.verb:
            return self.verb
        return f"./inv deploy{self.heroku.stage.flag}{self.wanted.words}"

    @contextmanager
    def step(self, name: str, *, half: str) -> Iterator[Note]:
        """Do a step of the plan; what it notes is printed behind its name when it is done.

        half: what is so if it ends in its middle, by Ctrl-C or by bad news.
        """
        assert self.has(name), f"{name} is not in the plan"
        began = time.monotonic()
        notes: list[str] = []
        if self.journal:
            self.journal.step(name)
        try:
            yield notes.append
        except KeyboardInterrupt:
            raise Interrupted(f"Interrupted at: {name}", finding=half, todo=f"{self.again} carries on") from None
        except ToolbeltError as error:
            if not isinstance(error, DeployFailed):
                error.finding = "\n".join(filter(None, [error.finding, half]))
            raise
        took = time.monotonic() - began
        if self.journal:
            self.journal.done(name, took)
        self.tools.printer.step(name, "; ".join(notes), took)

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

    def log(self, dyno: str = "", *, last: int = LOG_LINES) -> list[str]:
        """The last lines of the app's log; none where they are not to be had."""
        with suppress(ToolbeltError):
            return list(logs.lines(self.heroku.client, self.app, last=last, dyno=dyno))
        return []

    def back(self, release: Release) -> str:
        """What brings the code back that ran before."""
        good, flag = self.observed.good, self.heroku.stage.flag
        if good is None or good.version >= release.version:
            return f"./inv releases{flag} tells what there is to go back to; ./inv releases.rollback vN{flag}"
        return f"./inv releases.rollback {good.name}{flag}"
