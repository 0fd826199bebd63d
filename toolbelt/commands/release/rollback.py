"""The verb releases.rollback: a new release of old code, locked, proved like a deploy, and recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from toolbelt import output, records
from toolbelt import plan as planning
from toolbelt.commands.history import entries as history
from toolbelt.commands.history import leftovers, picking, recording
from toolbelt.commands.history.entries import Entry
from toolbelt.commands.history.recording import Journal
from toolbelt.commands.lock.locking import locked
from toolbelt.commands.release import migrated, outputs
from toolbelt.commands.release.deploying import Options, Run
from toolbelt.commands.release.observing import app_of
from toolbelt.commands.release.undoing import left_alone, prove, roll_back
from toolbelt.errors import DeployFailed, ToolbeltError, UsageError
from toolbelt.heroku import configvars, features, formation, releases
from toolbelt.heroku.refusals import AWAY
from toolbelt.heroku.releases import Release
from toolbelt.plan import Observed, Wanted
from toolbelt.tools import Heroku, Tools

VERB = "releases.rollback"


def rollback(
    tools: Tools,
    *,
    which: str,
    stage: str,
    verify: bool = True,
    accept_migrations: bool = False,
    break_lock: bool = False,
    patience: float = 180,
    written: str = "",
) -> None:
    """A new release of old code and config vars: those of vN, else of the one before the one that runs.

    written: a file that is told what came of it, as deploy tells its outputs.
    """
    began = time.monotonic()
    heroku = tools.heroku(stage)
    app = app_of(heroku)
    newest, running = releases.newest(heroku.client, heroku.app), releases.running(heroku.client, heroku.app)
    target = picking.named(heroku, which) if which else picking.before(tools, heroku, running)
    picking.refuse(heroku, target)
    to, now = history.join(tools, heroku, [target])[0], history.join(tools, heroku, [running])[0] if running else None
    _agree(tools, heroku, to, now, accepted=accept_migrations)

    run = _run(tools, heroku, Observed(app=app, newest=running, current=running, good=running), to, verify=verify)
    with run.whole(), locked(tools, heroku, commit=to.commit, verb=VERB, again=run.again, break_lock=break_lock) as taken:
        left = leftovers.journals(tools, heroku, taken, app_id=app.id)
        try:
            _unchanged(heroku, newest, again=run.again)
            made = roll_back(tools, heroku, target)
        except BaseException:
            with suppress(ToolbeltError):  # with the lock gone nobody else would know of them
                _close(run, left, records.UNPROVEN)
            raise
        took = time.monotonic() - began
        tools.printer.step("rollback", f"{made.name} has the code and the config vars of {target.name}", took)
        outcome = records.RELEASED  # who ends it in its middle has nothing against the old code
        try:
            _close(run, [each for each in left if each.version != target.version], records.ROLLED_BACK)
            said = prove(run, made, patience=patience)
            outcome = run.outcome
        except AWAY as error:
            raise left_alone(run, error, made) from None
        except DeployFailed:
            outcome = records.FAILED
            raise
        finally:
            with suppress(ToolbeltError):  # how it ended matters more
                _record(run, made, to, now, outcome=outcome, took=time.monotonic() - began)
    outputs.write(written, url=app.web_url, release=made.name, commit=to.commit)
    tools.printer.say(f"{made.name} runs, with the code of {target.name}. {said} The database is as it is.")


def _unchanged(heroku: Heroku, seen: Release | None, *, again: str) -> None:
    """What was chosen, and agreed to, was so for what ran then."""
    found = releases.newest(heroku.client, heroku.app)
    if found is not None and (seen is None or found.version != seen.version):
        raise UsageError(f"{found.name} was released meanwhile ({found.description}): nothing was done", todo=again)


def _agree(tools: Tools, heroku: Heroku, to: Entry, now: Entry | None, *, accepted: bool) -> None:
    """Ask where the old code does not work with the database as it is, or raise UsageError with the flag that says yes."""
    fresh = migrated.between(tools, to.commit, now.commit) if now and now.commit and to.commit else None
    if fresh is None and now:
        tools.printer.warn(
            f"whether the code of {to.release.name} works with the database as it is cannot be known here: "
            "this checkout does not have both commits (git fetch --unshallow), or nobody knows them"
        )
    breaking = [each for each in fresh or () if not each.old_code_works]
    if not breaking or accepted:
        return
    name, flag = to.release.name, heroku.stage.flag
    told = "\n".join(f"{each.label}: {', '.join(each.reasons)}" for each in breaking)
    if not tools.config.interactive:
        raise UsageError(
            f"The code of {name} does not work with the database as it is now",
            finding=told,
            todo=f"Forward is the way: mend it, and ./inv deploy{flag}. All the same: "
            f"./inv {VERB} {name}{flag} --accept-migrations",
        )
    tools.printer.warn(f"the code of {name} does not work with the database as it is now:\n{told}")
    if not output.ask("Go back all the same?"):
        raise ToolbeltError("Nothing was done")


def _run(tools: Tools, heroku: Heroku, observed: Observed, to: Entry, *, verify: bool) -> Run:
    """The steps of a way back, as after a deploy that failed."""
    client, app = heroku.client, heroku.app
    rows = formation.every(client, app)
    wanted = Wanted(
        commit=to.commit, subject=to.subject, processes={row.type: row.command for row in rows}, formation={}, verify=verify
    )
    preboot = features.every(client, app).get("preboot", False)
    observed = replace(observed, rows=rows, preboot=preboot)
    planned = planning.back(wanted, observed)
    verb = f"./inv {VERB} {to.release.name}{heroku.stage.flag}"
    return Run(tools, heroku, wanted, observed, Options(verify=verify), planned=planned, verb=verb)


def _close(run: Run, left: Sequence[Journal], outcome: str) -> None:
    """Deploys that ended in their middle: their releases are none to go back to."""
    for earlier in left:
        record = leftovers.close(earlier, outcome)
        what = f" with {record.name}" if record.version else ""
        if what or earlier.kind:
            run.tools.printer.warn(f"the run of {record.commit[:7]} that ended in its middle{what} is put down as {outcome}")


def _record(run: Run, made: Release, to: Entry, now: Entry | None, *, outcome: str, took: float) -> None:
    names: Iterable[str] = ()
    with suppress(ToolbeltError):
        names = configvars.every(run.heroku.client, run.app)
    journal = recording.begin(
        run.tools,
        run.heroku,
        commit=to.commit,
        kind="rollback",
        before=now.release.version if now else None,
        before_commit=now.commit if now else "",
        formation={row.type: (row.quantity, row.size) for row in run.observed.rows},
        config=names,
        app_id=run.observed.app.id,
    )
    journal.note("version", made.version)
    journal.note("subject", to.subject)
    journal.done("rollback", took)
    journal.finish(outcome)
