"""The gate: a release goes on answering with its commit, is ready, restarts nothing, and visitors see no more errors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from toolbelt import gate
from toolbelt.commands.release.deploying import NotGood, Run
from toolbelt.commands.release.watching import STARTING, closed, unasked
from toolbelt.errors import ToolbeltError
from toolbelt.gate import Baseline, Streak
from toolbelt.heroku import dynos, router, site
from toolbelt.heroku.releases import Release
from toolbelt.heroku.site import Answer, Ready

PATIENCE = 90.0  # seconds until all of it is so: a worker that was killed counts as alive for a minute and more
EVERY = 0.5  # seconds between two looks
BEFORE = timedelta(minutes=15)  # of the router's log, for what is usual
SETTLING = timedelta(minutes=1)  # of a release, in which dynos are replaced
WORKER = "worker"  # the process type whose heart beats in /health/ready


def baseline(run: Run) -> Baseline:
    """What visitors were answered before the deploy: since the newest release has settled, and not longer ago than a
    quarter hour. The errors of its own restart are not what is usual."""
    newest = run.observed.newest
    now = datetime.now(UTC)
    since = now - BEFORE
    if newest is not None and newest.created is not None:
        settled = newest.created + SETTLING
        since = max(since, settled if now - settled > SETTLING else newest.created)
    try:
        found = gate.count(router.requests(run.heroku.client, run.app, since=since))
    except ToolbeltError:
        return Baseline(None, since)
    return Baseline(found, since)


def verify(
    run: Run,
    release: Release,
    *,
    commit: str,
    running: Mapping[str, int],
    baseline: Baseline | None,
    times: int = 3,
    seconds: float = 10.0,
    patience: float = PATIENCE,
) -> None:
    """Hold the release to what it has to show; NotGood with what is wrong with it.

    commit: what the site and its workers are to tell ("" where nobody knows); running: how many dynos there are to be;
    baseline: what visitors were answered before, None where that is not to count; times: answers in a row, at least one
    for each web dyno; seconds: how long nothing may go wrong at least.
    """
    half = f"{release.name} runs, and is not verified: {run.back(release)} brings back what ran before."
    with run.step("gate", half=half) as note:
        asked = not unasked(run, running)
        look = _Gate(run, release, commit, running, Streak(max(times, running.get("web", 0))), asked)
        look.hold(seconds, min(patience, PATIENCE))
        for each in look.notes():
            note(each)
        if not look.asked:
            run.unproved = f"the site was not asked: {unasked(run, running)}"
            note(run.unproved)
        elif baseline is not None:
            note(_errors(run, release, baseline, look.since))


class _Gate:
    """What is seen of a release while the gate is held."""

    def __init__(self, run: Run, release: Release, commit: str, running: Mapping[str, int], streak: Streak, asked: bool) -> None:
        self.run, self.release, self.commit, self.running = run, release, commit, running
        self.streak, self.asked = streak, asked
        self.since: datetime | None = None
        self.ready = Ready(0)
        self.answer = Answer(0)
        self.crashing = False  # it has answered what no maintenance page does
        self.up = run.up

    def hold(self, seconds: float, patience: float) -> None:
        """Look again and again until all is well and the time is over."""
        began = time.monotonic()
        while True:
            self._dynos()
            missing = self._site() if self.asked else ""
            now = time.monotonic()
            if missing and now > began + max(seconds, patience) and not self.crashing and closed(self.run, self.answer):
                missing, self.asked = "", False
            if not missing and now >= began + seconds:
                return
            if missing and now > began + max(seconds, patience):
                raise self._bad(f"{self.release.name} does not prove itself", finding=missing, dyno="web")
            self.run.heroku.client.sleep(EVERY)

    def notes(self) -> list[str]:
        if not self.asked:
            return ["no dyno restarted"]
        told = [f"answered {self.streak.length} times in a row"]
        if not self.ready.told:
            return [*told, "/health/ready tells nothing, and the site is not held to it"]
        workers = self.ready.workers or ()
        named = f", worker on {workers[0].commit[:7]}" if self.running.get(WORKER) and workers else ""
        return [*told, f"ready{named}"]

    def _dynos(self) -> None:
        found = dynos.every(self.run.heroku.client, self.run.app)
        changed = gate.restarted(self.up, found, release=self.release, wanted=self.running)
        if changed is not None:
            what = "crashed" if changed.state == "crashed" else "ended and was started again"
            raise self._bad(f"{changed.name} of {self.release.name} {what} after it was up", dyno=changed.name)
        later = [each for each in found if each.version > self.release.version and each.type in self.running]
        if later and not any(each.version == later[0].version for each in self.up):
            self.run.tools.printer.warn(f"v{later[0].version} was made meanwhile, and its dynos are starting")
        # Dynos that came since, of a later release or of more of them, are held to the same.
        known = {each.name: each for each in self.up}
        self.up = tuple(
            known[each.name] if each.name in known and known[each.name].version == each.version else each
            for each in found
            if each.version >= self.release.version and (each.state in ("up", "idle") or each.name in known)
        )

    def _site(self) -> str:
        """What is missing yet, as a clause; "" where nothing is."""
        client, url = self.run.heroku.client, self.run.observed.app.web_url
        self.answer = site.ask(client, url)
        if self.since is None:
            self.since = self.answer.when or datetime.now(UTC)
        self.streak.look(gate.right(self.answer, commit=self.commit, release=self.release), self.answer.said)
        self.crashing = self.crashing or (self.answer.status >= 500 and self.answer.status not in STARTING)
        if self.streak.flaps and not self.crashing and closed(self.run, self.answer):
            self.asked = False
            return ""
        if self.streak.flaps:
            raise self._bad(
                f"The site of {self.release.name} answers well one time and not the next",
                finding=f"/health/release answered {self.answer.said} after it had told its commit",
                dyno="web",
            )
        if not self.streak.enough:
            return f"/health/release answers {self.answer.said}"
        self.ready = site.ready(client, url)
        return gate.unready(self.ready, commit=self.commit, workers=self.running.get(WORKER, 0))

    def _bad(self, headline: str, *, dyno: str, finding: str = "") -> NotGood:
        flag = self.run.heroku.stage.flag
        todo = f"{self.run.back(self.release)} brings back what ran before; ./inv logs{flag} tells more"
        return NotGood(headline, finding=finding, todo=todo, dyno=dyno)


def _errors(run: Run, release: Release, before: Baseline, since: datetime | None) -> str:
    """What visitors were answered during the gate; NotGood where it is worse than before."""
    if before.traffic is None or since is None:
        return "the router's log could not be read"
    try:
        # The clock of whoever answers tells whole seconds.
        now = gate.count(router.requests(run.heroku.client, run.app, since=since + timedelta(seconds=1)))
    except ToolbeltError:
        return "the router's log could not be read"
    if reason := gate.worse(before.traffic, now):
        raise NotGood(
            f"Visitors of {release.name} see more errors than before",
            finding=f"{reason}.",
            todo=f"{run.back(release)} brings back what ran before; ./inv logs router{run.heroku.stage.flag} tells more",
            dyno="web",
        )
    return f"errors: {now.told}, before {before.traffic.told}" if now.requests else "no visitor came"
