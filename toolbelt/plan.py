"""Plans: what is wanted and what was observed become steps, each with its cause. Pure: nothing is asked or done here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from toolbelt.errors import UsageError
from toolbelt.heroku.apps import App
from toolbelt.heroku.builds import Build
from toolbelt.heroku.formation import Row
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Wish

IMAGE, SOURCE, GIT = KINDS = ("image", "source", "git")


@dataclass(frozen=True)
class Step:
    """Something that will be done: its name, what it does, and why."""

    name: str
    what: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a deploy is to bring about. kind: "" lets the app's stack decide; commit as the site will tell it."""

    commit: str
    subject: str
    processes: Mapping[str, str]
    formation: Mapping[str, Wish]
    kind: str = ""
    force: bool = False
    include: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What the app is now. newest: its newest release, whatever came of it; current: the newest that succeeded;
    features: metadata features that are off; build: one of this commit that goes on; unscaled: process types
    that a first deploy was to start and did not get to."""

    app: App
    newest: Release | None = None
    current: Release | None = None
    rows: tuple[Row, ...] = ()
    features: tuple[str, ...] = ()
    build: Build | None = None
    unscaled: frozenset[str] = field(default_factory=frozenset)


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
    steps = [*_unfinished(observed), *DELIVERIES[chosen](wanted, observed)]
    if "release" in wanted.processes:
        steps.append(Step("phase", wanted.processes["release"], "the Procfile has a release phase"))
    if wishes := scaling(wanted, observed):
        told = ", ".join(f"{name}={wish.quantity}{f' {wish.size}' if wish.size else ''}" for name, wish in wishes.items())
        steps.append(Step("scale", told, "app.json asks for it, and nobody has set a quantity yet"))
    steps.append(Step("dynos", "wait until those of the new release are up", "a release is not done when Heroku says so"))
    if "web" in wanted.processes and observed.app.web_url:
        what = f"{observed.app.web_url}/health/release tells commit {wanted.commit[:12]}"
        steps.append(Step("site", what, "but when the new commit answers"))
    return tuple(steps)


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
