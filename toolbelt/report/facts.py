"""What a rehearsal saw. Times are seconds; ``at`` counts from the rehearsal's beginning; sizes are bytes."""

from __future__ import annotations

from dataclasses import dataclass

IMAGE = "image"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a leg that came to its end."""

    name: str
    note: str
    at: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Write:
    """A file that a dyno wrote on its disk: gone when it restarts."""

    path: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Dyno:
    """The life of one dyno. None: it was not seen, or has not come to it yet.

    boot: from its start to up; stop: from SIGTERM to its exit; killed: it had to be; memory: (at, bytes) pairs; first:
    how long the first request to it took; codes: the H and R errors that it was the cause of.
    """

    name: str
    type: str
    size: str
    version: int
    quota: int | None = None
    at: float | None = None
    boot: float | None = None
    stop: float | None = None
    killed: bool = False
    state: str = ""
    first: float | None = None
    peak: int | None = None
    memory: tuple[tuple[float, int], ...] = ()
    writes: tuple[Write, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock on a table that was held while the deploy went on. waited: the most sessions that were seen to wait for it."""

    relation: str
    mode: str
    seconds: float
    waited: int = 0


@dataclass(frozen=True, kw_only=True)
class Migration:
    """A migration that a leg applied. safe: the code that ran before lives with it, and it can be undone."""

    label: str
    verdict: str
    safe: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request of the light load. status 0: no answer came."""

    at: float
    seconds: float
    status: int

    @property
    def lost(self) -> bool:
        return self.status == 0 or self.status >= 500


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One deploy, or the rollback, of a rehearsal.

    outcome: verified, rolled back or failed; trouble: the headline where it failed; size: of the slug or image;
    before: the same of the one that it replaced; gap: how long no web dyno was there for the router.
    """

    title: str
    commit: str
    subject: str
    release: str
    kind: str
    at: float
    seconds: float
    outcome: str = ""
    trouble: str = ""
    steps: tuple[Step, ...] = ()
    size: int | None = None
    before: int | None = None
    layers: int | None = None
    build: float | None = None
    phase: float | None = None
    gap: float | None = None
    dynos: tuple[Dyno, ...] = ()
    locks: tuple[Lock, ...] | None = None
    migrations: tuple[Migration, ...] | None = None

    @property
    def short(self) -> str:
        return self.commit[:7]

    @property
    def whole(self) -> bool:
        """It came to the end that it was meant to come to."""
        return self.outcome == "verified"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A rehearsal, from its beginning to its end.

    like: the real app that it was made like, "" for none; preboot: it was on; rate: requests a second of the light load, to
    ``path``; config: names of config vars by where their values came from; notes: what it could not do as Heroku does.
    """

    project: str
    app: str
    like: str
    runtime: str
    kind: str
    when: str
    seconds: float
    legs: tuple[Leg, ...]
    preboot: bool = False
    rate: float = 0
    path: str = "/"
    requests: tuple[Request, ...] = ()
    config: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def main(self) -> Leg | None:
        """The deploy that it is all about."""
        return next((leg for leg in self.legs if leg.title == THIS), None)


BEFORE, THIS, BACK = "before", "this", "back"
TITLES = {BEFORE: "What runs there now", THIS: "This commit on top", BACK: "Rolled back"}
ALONE = "This commit"


def title(facts: Facts, leg: Leg) -> str:
    """A leg's name, as a person reads it."""
    return ALONE if leg.title == THIS and len(facts.legs) == 1 else TITLES[leg.title]
