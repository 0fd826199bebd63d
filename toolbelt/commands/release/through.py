"""From the lock to the record: what a deploy, a promotion and whatever else delivers a release have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from toolbelt.commands.history import leftovers, recording
from toolbelt.commands.history.recording import Journal
from toolbelt.commands.lock.holding import Holder
from toolbelt.commands.lock.locking import locked
from toolbelt.commands.release.backups import back_up
from toolbelt.commands.release.deploying import Halted, Run
from toolbelt.commands.release.undoing import left_alone, undo
from toolbelt.commands.release.verifying import baseline, verify
from toolbelt.commands.release.watching import dynos_up, finish, look_on, scale, site_answers
from toolbelt.errors import DeployFailed, ToolbeltError
from toolbelt.heroku import configvars, releases
from toolbelt.heroku.refusals import AWAY, Refused, Unreachable
from toolbelt.heroku.releases import Release

SETTLED = 10  # seconds for a site to answer that nothing was changed of


@contextmanager
def holding(run: Run, *, verb: str = "deploy", kind: str = "promotion") -> Iterator[None]:
    """The app's lock, and a journal of what is done under it. kind: image, source, git, promotion or rollback."""
    with ExitStack() as stack:
        with run.step("lock", half="Nothing was done.") as note:
            lock = locked(
                run.tools, run.heroku, commit=run.wanted.commit, verb=verb, again=run.again, break_lock=run.options.break_lock
            )
            taken = stack.enter_context(lock)
            note(run.app)
        _close(run, taken)  # first of all: with the lock gone nobody else would know of it
        _unchanged(run, taken)
        run.journal = _begin(run, kind)
        yield


def see_through(run: Run, deliver: Callable[[Run], Release | None], *, patience: float) -> Release:
    """Everything from the delivery to the record; a release that does not prove itself is taken back, and told of.

    deliver makes the release, and returns None where Heroku has it already. The caller is ``holding`` the lock.
    """
    release: Release | None = None
    try:
        if run.has("wait"):
            finish(run, "wait", run.observed.newest)
        if run.has("backup"):
            with run.step("backup", half="Nothing was released.") as note:
                run.note("backup", name := back_up(run.tools, run.heroku))
                note(name or "there is no Postgres to be had")
        if run.has("gate"):
            run.baseline = baseline(run)
        if not run.has("phase"):
            look_on(run)
        fresh = run.fresh = deliver(run)
        release = fresh or run.current()
        if fresh or release != run.observed.good:
            run.note("version", release.version)
        if fresh is not None and run.has("phase"):
            look_on(run)
            finish(run, "phase", fresh)
        run.released = time.monotonic()
        scale(run)
        running = dynos_up(run, release, patience)
        settled = fresh is None and release == run.observed.good  # not one that an earlier run has left
        site_answers(run, release, running, min(patience, SETTLED) if settled else patience)
        run.see_downtime()
        if run.has("gate"):
            verify(
                run, release, commit=run.wanted.commit, running=running, baseline=run.baseline,
                times=run.options.times, seconds=run.options.seconds, patience=patience,
            )  # fmt: skip
    except DeployFailed as failed:
        undo(run, failed, release, patience=patience)
    except (Refused, Unreachable) as error:
        if release is None:
            raise
        if isinstance(error, AWAY):
            raise left_alone(run, error, release) from None
        undo(run, _halted(release, error), release, patience=patience)
    finally:
        run.see_downtime()
    _record(run, release)
    return release


def _halted(release: Release, error: ToolbeltError) -> Halted:
    reason = error.finding.partition("\n")[0]
    todo = error.todo.removesuffix(", then type the same again")  # what is typed again is told behind it
    return Halted(f"{release.name} is released, and Heroku refuses what comes next", finding=reason, todo=todo)


def _unchanged(run: Run, taken: Sequence[Holder]) -> None:
    """What the plan was made from is still so: until the lock was ours, somebody else may have released, or ended a run
    that was under way, whose release is better than it was then."""
    busy = run.observed.busy
    if busy and busy not in {each.key for each in taken}:
        raise ToolbeltError(
            f"Somebody else's run on {run.app} has ended since the plan was made",
            finding="The plan takes its release for one that nobody has verified. Nothing was done.",
            todo=f"{run.again} makes a new plan",
        )
    newest, was = releases.newest(run.heroku.client, run.app), run.observed.newest
    if newest is not None and (was is None or newest.version != was.version):
        raise ToolbeltError(
            f"{run.app} has changed since the plan was made: {newest.name} is its newest release now",
            finding=f"{newest.name}: {newest.description}, by {newest.user}. Nothing was done.",
            todo=f"{run.again} makes a new plan",
        )


def _close(run: Run, taken: Sequence[Holder]) -> None:
    """Tell of runs that ended in their middle, and put down what they have made. taken: whose locks were taken over."""
    observed = run.observed
    good = f" The last good release is {observed.good.name}." if observed.good else ""
    for earlier in leftovers.journals(run.tools, run.heroku, taken, app_id=observed.app.id):
        record = leftovers.close(earlier)
        at = f"in its step {earlier.under_way}" if earlier.under_way else f"after {earlier.reached or 'its beginning'}"
        at = f"ended {at}" if earlier.kind else "did not come to its end"
        made = f" v{record.version} was never verified." if record.version else ""
        if made or earlier.kind:
            run.tools.printer.warn(f"an earlier run, of {earlier.commit[:7]} at {earlier.began}, {at}.{made}{good}")


def _begin(run: Run, kind: str) -> Journal:
    observed = run.observed
    journal = recording.begin(
        run.tools,
        run.heroku,
        commit=run.wanted.commit,
        kind=kind,
        before=observed.good.version if observed.good else None,
        before_commit=observed.good_commit,
        formation={row.type: (row.quantity, row.size) for row in observed.rows},
        config=configvars.every(run.heroku.client, run.app),
        app_id=observed.app.id,
    )
    journal.note("subject", run.wanted.subject)
    journal.note("migrations", tuple(each.label for each in observed.migrations or ()))
    return journal


def _record(run: Run, release: Release) -> None:
    # Not as a step of the journal: with the record it is over.
    journal, run.journal = run.journal, None
    with run.step("record", half=f"{release.name} runs; only its record was not written.") as note:
        if journal is not None:
            kept = journal.finish(run.outcome)
            note(f"{kept.name} {kept.outcome}" if kept.version else "there is nothing new to write down")
    if run.unproved:
        run.tools.printer.warn(f"{release.name} runs, and is not verified: {run.unproved}")
