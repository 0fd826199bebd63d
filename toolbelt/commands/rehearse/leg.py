"""One leg of a rehearsal, a deploy or the rollback: done with the tools of its checkout, and looked at while it goes on."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from toolbelt import git, migrations, shell
from toolbelt.commands.release.deploying import Options
from toolbelt.config import Config
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import configvars, releases
from toolbelt.output import Printer
from toolbelt.report.facts import Leg, Lock, Migration, Request, Step
from toolbelt.stack.locks import Watch
from toolbelt.tools import Heroku, Tools

DATABASE = "DATABASE_URL"


class Listening(Printer):
    """A printer that remembers the steps it was told of."""

    def __init__(self, printer: Printer, clock: Callable[[], float]) -> None:
        self.console, self.errors = printer.console, printer.errors
        self._clock = clock
        self.steps: list[Step] = []

    def step(self, name: str, note: str, seconds: float | None = None) -> None:
        super().step(name, note, seconds)
        if seconds is not None:
            self.steps.append(Step(name=name, note=note, at=max(0.0, self._clock() - seconds), seconds=seconds))


@dataclass(frozen=True, kw_only=True)
class Elsewhere(Config):
    """The configuration of another folder with the code, where everything else is kept as ever."""

    kept: Path

    @property
    def home(self) -> Path:
        return self.kept


@dataclass
class Hands(Tools):
    """The tools of a leg: whatever stage is asked for, it is the rehearsal's app that they reach."""

    doors: Heroku

    def heroku(self, stage: str = "", *, app: str = "") -> Heroku:  # noqa: ARG002 (as in Tools)
        return self.doors


@dataclass
class Course:
    """A rehearsal that is under way. notes: what it could not do as Heroku does; origins: where the
    values of its config vars came from, by name; secrets: what must be told to nobody."""

    tools: Tools
    heroku: Heroku
    kind: str
    options: Options
    patience: float = 180
    began: float = field(default_factory=time.monotonic)
    wall: datetime = field(default_factory=lambda: datetime.now(UTC))
    legs: list[Leg] = field(default_factory=list)
    requests: tuple[Request, ...] = ()
    notes: list[str] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set, repr=False)

    def clock(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def note(self, text: str) -> None:
        """Say it now, and in the report."""
        self.notes.append(text)
        self.tools.printer.warn(text)

    def leg(self, title: str, work: Callable[[Tools], None], *, commit: str, root: Path | None = None, on: str = "") -> None:
        """Do it, and keep what was seen of it; bad news of it goes on to the caller.

        root: a checkout of its own; on: the commit that runs until then, where that is known.
        """
        listening = Listening(self.tools.printer, self.clock)
        hands = Hands(_config(self.tools.config, root), listening, self.heroku)
        before, watch = self._release(), self._watch()
        at, outcome, trouble = self.clock(), "failed", "It was interrupted"
        try:
            work(hands)
            outcome, trouble = "verified", ""
        except ToolbeltError as error:
            trouble = error.headline
            raise
        finally:
            leg = Leg(
                title=title,
                commit=commit,
                subject=git.subject(self.tools.config.root, commit),
                release=self._release("" if outcome == "verified" else before),
                kind=self.kind,
                at=at,
                seconds=self.clock() - at,
                outcome=outcome,
                trouble=trouble,
                steps=tuple(listening.steps),
                locks=self._locks(watch),
                migrations=self._migrations(on, commit),
            )
            self.legs.append(leg)

    def _migrations(self, old: str, new: str) -> tuple[Migration, ...] | None:
        found = migrations.between(self.tools.config.root, old, new) if old else None
        if found is None:
            return None
        return tuple(
            Migration(label=each.label, verdict=each.verdict, safe=each.verdict == migrations.SAFE, reasons=each.reasons)
            for each in found
        )

    def _watch(self) -> Watch | None:
        values = configvars.every(self.heroku.client, self.heroku.app)
        self.secrets |= {value.reveal() for value in values.values()}
        found = values.get(DATABASE)
        return Watch(found).start() if found else None

    def _locks(self, watch: Watch | None) -> tuple[Lock, ...] | None:
        found = watch.stop() if watch else None
        if watch is not None and found is None:
            self.note("The database cannot be looked at from here: nothing is known of locks")
        return found

    def _release(self, before: str = "") -> str:
        """The app's newest release, be it a good one or not; "" where it is still the one from before."""
        try:
            found = releases.newest(self.heroku.client, self.heroku.app)
        except ToolbeltError:
            return ""
        return found.name if found and found.name != before else ""


def _config(config: Config, root: Path | None) -> Config:
    if root is None:
        return config
    values = {each.name: getattr(config, each.name) for each in fields(Config)}
    return Elsewhere(**(values | {"root": root}), kept=config.home)


@contextmanager
def checkout(tools: Tools, commit: str) -> Iterator[Path]:
    """A folder with that commit and nothing else, gone afterwards. The person's own checkout, and its .git, stay as
    they are: the folder has a .git of its own that borrows the objects."""
    place = tools.config.home / "rehearsal" / "checkouts" / commit[:12]
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    root = tools.config.root
    try:
        shell.run(["git", "init", "--quiet", place])
        objects = _inside(root, "objects")
        (place / ".git" / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
        if (shallow := _inside(root, "shallow")).is_file():
            shutil.copy(shallow, place / ".git" / "shallow")
        shell.run(["git", "-C", place, "checkout", "--quiet", "--detach", commit])
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _inside(root: Path, name: str) -> Path:
    """A path within .git, wherever that is: a worktree has its own elsewhere."""
    return (root / shell.run(["git", "-C", root, "rev-parse", "--git-path", name]).stdout.strip()).resolve()


def known(root: Path, commit: str) -> bool:
    """This clone has the commit."""
    if not git.SHA.match(commit):  # somebody else has named it, and git must not take it for an option
        return False
    return shell.run(["git", "-C", root, "cat-file", "-e", f"{commit}^{{commit}}"], check=False).returncode == 0
