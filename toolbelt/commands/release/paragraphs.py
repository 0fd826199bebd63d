"""What a failed release ends with: what runs now, what was wrong, what to do. To be read at three in the morning."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from toolbelt import git
from toolbelt.commands.release.deploying import Run
from toolbelt.errors import DeployFailed
from toolbelt.heroku.refusals import AWAY
from toolbelt.heroku.releases import Release
from toolbelt.meanings import Meaning

WIDTH = 100  # characters of a line, where the terminal is wide enough


@dataclass(frozen=True, kw_only=True)
class Case:
    """A release that failed. wrong: what was seen of it, and finding: with what; meanings: what its log means, the
    cause first; todo: what to do about it where its log does not tell; now: what runs at this moment, in whole sentences."""

    run: Run
    failed: DeployFailed
    release: Release
    finding: str = ""
    meanings: Sequence[Meaning] = ()
    todo: str = ""
    now: str = ""
    lasted: float = 0.0

    @property
    def flag(self) -> str:
        return self.run.heroku.stage.flag

    @property
    def good(self) -> Release | None:
        return self.run.observed.good

    @property
    def wrong(self) -> str:
        """One or two sentences on the cause."""
        told = [each.says for each in self.meanings[:2]] or ([self.finding] if self.finding else [])
        return "; and ".join(text.rstrip(".") for text in told) + "." if told else "its log does not tell."

    @property
    def mend(self) -> str:
        """What to do about the cause, and what comes after it."""
        first = self.meanings[0].todo if self.meanings else self.todo or "Mend it and commit"
        return f"{first}; then {self.run.again}"

    @property
    def commit(self) -> str:
        return described(self.run, self.run.wanted.commit)


def described(run: Run, commit: str) -> str:
    """A commit as a person knows it again."""
    if not commit:
        return "of a commit that nobody has written down"
    subject = git.subject(run.tools.config.root, commit)
    return f"commit {commit[:7]}" + (f" “{subject}”" if subject else "")


def taken_back(case: Case, made: Release, *, proof: str, restored: str) -> DeployFailed:
    good = case.good
    assert good is not None
    kept = [each.label for each in case.run.observed.migrations or ()]
    stays = f" What {case.release.name} migrated stays: {', '.join(kept)}; the code of {good.name} lives with it." if kept else ""
    if case.run.observed.migrations is None:
        stays = f" Which migrations {case.release.name} has applied is not known here: this checkout lacks a commit."
    text = (
        f"{made.name} runs: the code and config vars of {good.name} ({described(case.run, case.run.observed.good_commit)}). "
        f"{proof}{restored}{stays} "
        f"{case.release.name} ({case.commit}) was there for {_seconds(case.lasted)}{_gap(case.run)}. "
        f"What was wrong with it: {case.wrong} Nothing is urgent any more."
    )
    return told(
        case, f"{case.failed.headline}: it was taken back, and {made.name} runs with the code of {good.name}", text, case.mend
    )


def phase_failed(case: Case, *, running: Release | None, backup: str) -> DeployFailed:
    runs = f"{running.name} keeps running. " if running else "Nothing runs: there is no earlier release. "
    risky = ", ".join(each.label for each in case.run.observed.one_way)
    broken = ""
    if risky and running:
        kept = f" The backup {backup} was taken before them." if backup else ""
        broken = f"Look at it: the code of {running.name} does not work with {risky}, if they were applied.{kept} "
    text = (
        f"{runs}{broken}No dyno has started {case.release.name} ({case.commit}). {case.now} What was wrong: {case.wrong} "
        "What its release phase did before it failed is done: Postgres takes back only the migration that failed."
    )
    output = f"./inv releases.output {case.release.name}{case.flag}"
    first = "What it says stands above: mend it and commit"
    if case.meanings and "releases.output" not in case.meanings[0].todo:
        first = case.meanings[0].todo
    todo = f"{first}; then {case.run.again}. All that it said: {output}"
    return told(case, f"{case.failed.headline}" + (f": {running.name} keeps running" if running else ""), text, todo)


def left(case: Case) -> DeployFailed:
    """--no-rollback."""
    text = f"{case.now} It was left as it is, as --no-rollback says. What was wrong: {case.wrong}"
    return told(
        case, f"{case.failed.headline}, and it is what runs", text, f"{case.run.back(case.release)} brings back what ran before"
    )


def one_way(case: Case, *, backup: str) -> DeployFailed:
    good = case.good
    assert good is not None
    reasons = "; ".join(f"{each.label}: {', '.join(each.reasons[:2])}" for each in case.run.observed.one_way)
    kept = f" The backup {backup} was taken before them." if backup else ""
    text = (
        f"{case.now} It was not taken back: the code of {good.name} does not work with the database as {case.release.name} "
        f"has migrated it ({reasons}). One broken site would have taken the place of another.{kept} What was wrong: {case.wrong}"
    )
    todo = f"{case.mend}. To go back all the same: {case.run.back(case.release)} --accept-migrations"
    return told(case, f"{case.failed.headline}, and there is no safe way back", text, todo)


def first(case: Case) -> DeployFailed:
    text = (
        f"{case.now} There is no release to go back to: {case.release.name} is the first that could run, or those before it have "
        f"expired. It stays. What was wrong: {case.wrong}"
    )
    return told(case, f"{case.failed.headline}, and nothing ran before it", text, case.mend)


def unchanged(case: Case) -> DeployFailed:
    text = (
        f"{case.now} This run has released nothing new: {case.release.name} ({case.commit}) ran before it. "
        f"So nothing was taken back. What was wrong: {case.wrong} "
        "What changed lately is not the code: an add-on, a server, the visitors."
    )
    return told(
        case,
        case.failed.headline,
        text,
        case.mend if case.todo else f"./inv logs{case.flag} and ./inv ps{case.flag} tell more; {case.run.back(case.release)}",
    )


def overtaken(case: Case, newer: Release) -> DeployFailed:
    text = (
        f"{case.now} Nothing was taken back: meanwhile {newer.user or 'somebody'} has made {newer.name} "
        f"({newer.description}), and to go back would undo that too. What was wrong with {case.release.name}: {case.wrong}"
    )
    todo = f"Talk to each other. {case.run.back(case.release)} brings back what ran before both"
    return told(case, f"{case.failed.headline}, and {newer.name} came after it", text, todo)


def not_back(case: Case, error: Exception, made: Release | None) -> DeployFailed:
    """The way back failed as well."""
    good = case.good
    assert good is not None
    reason = ". ".join(filter(None, [str(error).rstrip("."), getattr(error, "finding", "").rstrip(".")]))
    if made is None:
        what = f"The way back to {good.name} failed: {reason}. "
        first = f"{error.todo.rstrip('.')}. Then " if isinstance(error, AWAY) and error.todo else ""
        todo = f"{first}{case.run.back(case.release)} tries it again. Or forward. {case.mend}"
    elif isinstance(error, AWAY):
        what = f"{made.name} has the code and config vars of {good.name}; whether it has come up could not be seen: {reason}. "
        todo = f"{error.todo.rstrip('.')}. Then ./inv ps{case.flag} and ./inv logs{case.flag} tell"
    else:
        what = f"{made.name}, the code and config vars of {good.name}, does not come up either: {reason}. "
        what += "So it may not be the code: an add-on, a config var, or Heroku itself. "
        todo = f"./inv logs{case.flag} and ./inv ps{case.flag} first; "
        todo += f"./inv releases{case.flag} tells of older ones to go back to"
    text = f"{case.now} {what}What was wrong with {case.release.name} ({case.commit}): {case.wrong}"
    return told(case, f"{case.failed.headline}, and taking it back failed", text, todo)


def told(case: Case, headline: str, text: str, todo: str) -> DeployFailed:
    """One paragraph, in lines that the terminal does not break: bad news is set in by two."""
    width = min(WIDTH, (case.run.tools.printer.width or WIDTH + 2) - 2)
    finding = textwrap.fill(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)
    return DeployFailed(headline, finding=finding, todo=todo)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _gap(run: Run) -> str:
    return f" ({run.downtime})" if run.downtime.startswith("gap") else ""
