"""What a release has to show before it counts: pure judgements on what was seen of it.

It is enough that the same commit answers a few times in a row, that what it needs is there, that no dyno restarts, and
that visitors see no more errors than before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from toolbelt.heroku.dynos import Dyno
from toolbelt.heroku.releases import Release
from toolbelt.heroku.router import Request
from toolbelt.heroku.site import UNKNOWN, Answer, Ready

# Fewer errors than that say nothing: one visitor who closes his laptop makes one.
FEWEST = 3
TOLERANCE = 0.01  # one request in a hundred more than before
MOST = 0.5  # of all requests
OURS = "/health/"  # what is asked for by probes, ours among them, and says nothing of visitors
# The client went away; the app is in maintenance mode: neither is the release's doing.
NOT_ITS_DOING = frozenset({"H27", "H80"})


@dataclass(frozen=True)
class Traffic:
    """What visitors were answered over a while: how many, how often with a 5xx, with which of the router's codes."""

    requests: int = 0
    errors: int = 0
    codes: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.errors / self.requests if self.requests else 0.0

    @property
    def told(self) -> str:
        return f"{self.errors} of {self.requests} requests" if self.requests else "no request"


def count(requests: Iterable[Request]) -> Traffic:
    theirs = [each for each in requests if not each.path.startswith(OURS) and each.code not in NOT_ITS_DOING]
    bad = [each for each in theirs if each.status >= 500]
    codes = Counter(each.code for each in bad if each.code)
    return Traffic(len(theirs), len(bad), tuple(code for code, _ in codes.most_common()))


def worse(before: Traffic, now: Traffic) -> str:
    """In what way visitors see more errors than before; "" where they do not.

    Some errors are always there: it takes three, and a share of more than twice that of before and one in a hundred.
    Where nobody came before, nobody knows what is always there: then it takes most of them.
    """
    bearable = 2 * before.share + TOLERANCE if before.requests else MOST
    if now.errors < FEWEST or now.share <= bearable:
        return ""
    codes = f" ({', '.join(now.codes)})" if now.codes else ""
    return f"{now.told} failed{codes}, where before it were {before.told}"


@dataclass(frozen=True)
class Baseline:
    """What was so before a deploy. traffic: None where the log could not be read; since: what of the log was read."""

    traffic: Traffic | None = None
    since: datetime | None = None


def right(answer: Answer, *, commit: str, release: Release) -> bool:
    """It is this release that answers. commit "": nobody knows which it is to be."""
    if answer.status != 200:
        return False
    if answer.commit in UNKNOWN or not commit:
        # Heroku tells a dyno its release and its commit only with features that are off in old apps.
        return answer.release in ("", release.name)
    return answer.commit == commit


@dataclass
class Streak:
    """Answers in a row: enough of them, and then not a second wrong one. times: how many are enough."""

    times: int
    length: int = 0
    wrong: list[str] = field(default_factory=list)
    _was_long: bool = False

    def look(self, good: bool, said: str) -> None:
        self.length = self.length + 1 if good else 0
        self._was_long = self._was_long or self.enough
        if not good and self._was_long:
            self.wrong.append(said)

    @property
    def enough(self) -> bool:
        return self.length >= self.times

    @property
    def flaps(self) -> str:
        """What it said where it had answered well before; one such answer may be the network's."""
        return self.wrong[-1] if len(self.wrong) > 1 else ""


def unready(ready: Ready, *, commit: str, workers: int) -> str:
    """What is missing yet, as a clause; "" where nothing is, and where the site tells nothing of it.

    workers: how many dynos of the process type worker there are to be; commit: what they are to run.
    """
    if not ready.status:
        return "/health/ready does not answer"
    if ready.status >= 500 and not ready.told:
        return f"/health/ready answers HTTP status {ready.status}"
    if not ready.told:
        return ""
    if not ready.ok:
        failing = "; ".join(f"{name}: {detail}" if detail else name for name, detail in ready.failing.items())
        return f"it is not ready: {failing or f'HTTP status {ready.status}'}"
    if not workers or ready.workers is None or not commit:
        return ""
    others = [each for each in ready.workers if each.commit not in UNKNOWN and each.commit != commit]
    if others:
        return f"a worker still runs commit {others[0].commit[:12]}"
    if not ready.workers:
        return "no worker has given a sign of life"
    alive = len(ready.workers)
    return f"only {alive} of {workers} workers {'has' if alive == 1 else 'have'} given a sign of life" if alive < workers else ""


def restarted(before: Iterable[Dyno], now: Iterable[Dyno], *, release: Release, wanted: Mapping[str, int]) -> Dyno | None:
    """A dyno that has crashed or was started anew since the release came up; None where all are as they were.

    A later release (somebody has set a config var) restarts them all, a scaler takes some away, and an Eco dyno falls
    asleep and wakes: none of these is a fault of the code.
    """
    there = {each.name: each for each in now if each.type in wanted and each.version >= release.version}
    for each in there.values():
        if each.state == "crashed":
            return each
    for was in before:
        found = there.get(was.name)
        if found is None or found.version != was.version or "idle" in (was.state, found.state):
            continue
        if (found.state, found.since) != (was.state, was.since):
            return found
    return None
