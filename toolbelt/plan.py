"""Plans: what is wanted and what was observed become steps, each with its cause. Pure: nothing is asked or done here."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from toolbelt.errors import UsageError
from toolbelt.heroku.apps import App
from toolbelt.heroku.builds import Build
from toolbelt.heroku.formation import Row
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Wish
from toolbelt.migrations import SAFE, Migration

IMAGE, SOURCE, GIT = KINDS = ("image", "source", "git")


@dataclass(frozen=True)
class Step:
    """Something that will be done: its name, what it does, and why."""

    name: str
    what: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a deploy is to bring about. kind: "" lets the app's stack decide; commit as the site will tell it;
    verify: it is to prove itself."""

    commit: str
    subject: str
    processes: Mapping[str, str]
    formation: Mapping[str, Wish]
    kind: str = ""
    force: bool = False
    include: tuple[str, ...] = ()
    verify: bool = True

    @property
    def words(self) -> str:
        """What asks for the same on a command line, each word with a blank before it."""
        words = [f"--build {self.kind}"] if self.kind else []
        words += [f"--include {shlex.quote(each)}" for each in self.include]
        words += ["--force"] if self.force and self.kind == GIT else []
        return "".join(f" {word}" for word in words)


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What the app is now. newest: its newest release, whatever came of it; current: the newest that succeeded;
    features: metadata features that are off; build: one of this commit that goes on; unscaled: process types
    that a first deploy was to start and did not get to.

    good: the release to go back to (not always the current one: that may be what an earlier run left unproven),
    good_commit: what it was made of, "" where nobody knows; preboot: old dynos serve until the new ones do;
    migrations: those that come with this deploy, None where that cannot be known; backup: there is a Postgres;
    busy: whose run was under way, by the key of its lock."""

    app: App
    newest: Release | None = None
    current: Release | None = None
    rows: tuple[Row, ...] = ()
    features: tuple[str, ...] = ()
    build: Build | None = None
    unscaled: frozenset[str] = field(default_factory=frozenset)
    good: Release | None = None
    good_commit: str = ""
    preboot: bool = False
    migrations: tuple[Migration, ...] | None = None
    backup: bool = False
    busy: str = ""

    @property
    def risky(self) -> tuple[Migration, ...]:
        """Migrations that the code that runs does not live with, or that cannot be undone."""
        return tuple(each for each in self.migrations or () if each.verdict != SAFE)

    @property
    def one_way(self) -> tuple[Migration, ...]:
        """Migrations after which the code that ran before no longer works: no way back for a release."""
        return tuple(each for each in self.migrations or () if not each.old_code_works)


def kind(asked: str, app: App) -> str:
    """How the app is built: as asked, else as its stack has it. Raises UsageError for what cannot be."""
    if asked and asked not in KINDS:
        raise UsageError(f"There is no build {asked!r}", todo=f"There are: {', '.join(KINDS)}")
    chosen = asked or (IMAGE if app.is_container else SOURCE)
    if chosen == IMAGE and not app.is_container:
        raise UsageError(f"{app.name} is on the stack {app.stack}, which runs no images", todo="./inv deploy --build source")
    if chosen != IMAGE and app.is_container:
        raise UsageError(f"{app.name} is on the stack container, which is given images", todo="./inv deploy --build image")
    return chosen


def scaling(wanted: Wanted, observed: Observed) -> dict[str, Wish]:
    """What of app.json's formation is to be applied: only process types that have never had a quantity.

    A first deploy starts web=1 and nothing else; later on, how many run is a matter of `ps.scale`.
    """
    there = {row.type for row in observed.rows} - observed.unscaled
    return {name: wish for name, wish in wanted.formation.items() if name in wanted.processes and name not in there}


def left_over(wanted: Wanted, observed: Observed) -> tuple[Row, ...]:
    """Process types that run and that the Procfile no longer has."""
    return tuple(row for row in observed.rows if row.quantity and row.type not in wanted.processes)


def deploy(wanted: Wanted, observed: Observed) -> tuple[Step, ...]:
    """The steps of a deploy, in the order in which they are done."""
    chosen = kind(wanted.kind, observed.app)
    return (*before(observed), *DELIVERIES[chosen](wanted, observed), *after(wanted, observed))


def before(observed: Observed) -> tuple[Step, ...]:
    """What comes before any delivery."""
    steps = [Step("lock", f"{observed.app.name}, until this run ends", "one deploy at a time, from whatever machine")]
    steps += _unfinished(observed)
    if observed.backup and (observed.risky or observed.migrations is None):
        told = ", ".join(each.label for each in observed.risky)
        cause = f"{told}: may not be undone" if told else "which migrations come with it cannot be known here"
        steps.append(Step("backup", "of the app's Postgres", cause))
    return tuple(steps)


def after(wanted: Wanted, observed: Observed) -> tuple[Step, ...]:
    """What comes after any delivery."""
    steps = []
    if "release" in wanted.processes:
        steps.append(Step("phase", wanted.processes["release"], "the Procfile has a release phase"))
    if wishes := scaling(wanted, observed):
        told = ", ".join(f"{name}={wish.quantity}{f' {wish.size}' if wish.size else ''}" for name, wish in wishes.items())
        steps.append(Step("scale", told, "app.json asks for it, and nobody has set a quantity yet"))
    steps.append(Step("dynos", "wait until those of the new release are up", "a release is not done when Heroku says so"))
    steps += _answering(wanted, observed)
    steps.append(Step("record", "who, what, how long", "the next deploy, and the next person, can read it"))
    return tuple(steps)


def back(wanted: Wanted, observed: Observed) -> tuple[Step, ...]:
    """The steps of a way back, from the release that it makes on; wanted is what ran before."""
    steps = [Step("dynos", "wait until those of the old code are up", "a rollback is a release like any other")]
    return (*steps, *_answering(wanted, observed))


def _answering(wanted: Wanted, observed: Observed) -> list[Step]:
    steps = []
    if "web" in wanted.processes and observed.app.web_url:
        what = f"{observed.app.web_url}/health/release tells commit {wanted.commit[:12]}"
        steps.append(Step("site", what, "but when the new commit answers"))
    if wanted.verify:
        steps.append(Step("gate", "it goes on answering, is ready, and nothing restarts", "otherwise it is taken back"))
    return steps


def _unfinished(observed: Observed) -> list[Step]:
    if observed.newest is None or observed.newest.status != "pending":
        return []
    return [Step("wait", f"release {observed.newest.name} to its end", "its release phase is running")]


def _image(wanted: Wanted, observed: Observed) -> list[Step]:
    types = ", ".join(wanted.processes)
    return [
        Step("build", f"the image of {wanted.commit[:12]} for linux/amd64", _why(wanted, observed)),
        Step("upload", f"what the registry does not have, for {types}", "one set of layers, one config each"),
        Step("release", f"{types} in one call", f"the newest release is {_name(observed)}"),
    ]


def _source(wanted: Wanted, observed: Observed) -> list[Step]:
    if observed.build is not None:
        cause = "an earlier run began it, and Heroku goes on with it"
        return [Step("build", f"the running build of {wanted.commit[:12]}, to its end", cause)]
    extra = f" and {', '.join(wanted.include)}" if wanted.include else ""
    return [
        *_features(observed),
        Step("upload", f"the source of {wanted.commit[:12]}{extra}", _why(wanted, observed)),
        Step("build", f"on Heroku, then release it; the newest is {_name(observed)}", "the buildpack makes the slug"),
    ]


def _git(wanted: Wanted, observed: Observed) -> list[Step]:
    forced = ", replacing what is there" if wanted.force else ""
    return [
        *_features(observed),
        Step("build", f"push {wanted.commit[:12]} to main{forced}; Heroku builds and releases it", _why(wanted, observed)),
    ]


def _features(observed: Observed) -> list[Step]:
    cause = "without it the dynos do not know their commit, and cannot tell it"
    return [Step("feature", f"switch {name} on", cause) for name in observed.features]


def _why(wanted: Wanted, observed: Observed) -> str:
    return "asked for" if wanted.kind else f"the app's stack is {observed.app.stack}"


def _name(observed: Observed) -> str:
    return observed.newest.name if observed.newest else "none yet"


DELIVERIES = {IMAGE: _image, SOURCE: _source, GIT: _git}
