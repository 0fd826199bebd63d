"""When a release fails: what its log means, back to the last good one, that one verified too, and one paragraph."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn

from toolbelt import meanings, records
from toolbelt import plan as planning
from toolbelt.commands.history import recording
from toolbelt.commands.history.recording import Journal
from toolbelt.commands.release import migrated, paragraphs
from toolbelt.commands.release.delivery import show
from toolbelt.commands.release.deploying import Halted, NotGood, PhaseFailed, Run
from toolbelt.commands.release.paragraphs import Case
from toolbelt.commands.release.restoring import catch_up, restored, switch_back
from toolbelt.commands.release.verifying import verify
from toolbelt.commands.release.watching import dynos_up, look_on, site_answers, unasked
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError
from toolbelt.heroku import dynos, releases, site, streams
from toolbelt.heroku.releases import Release
from toolbelt.tools import Heroku, Tools

SHOWN = 20  # lines of a log that are printed; meanings are looked for in more
NOISE = re.compile(r"^Rehearsal: |\bGET /health/\w+ HTTP")  # what a rehearsal adds, and what we have asked for
SOON = 5.0  # seconds for the site to tell what runs
UNHURRIED = 60.0  # seconds that the old code has at least to come up, however little the new one had
BRIEF = 3.0  # seconds of the gate for code that has proved itself before


def undo(run: Run, failed: DeployFailed, release: Release | None, *, patience: float = 180) -> NoReturn:
    """Tell what is wrong, go back where that is possible and safe, and raise with what runs now.

    release: the one that failed; None where there is none, and nothing to take back.
    """
    if release is None:
        with suppress(ToolbeltError):
            switch_back(run)
        _finish(run, records.FAILED)
        raise failed
    case = _diagnose(run, failed, release)
    try:
        told = _dealt_with(case, patience)
    except Interrupted:
        raise
    except ToolbeltError as error:  # Heroku is away just now: what was wrong is not to be lost over it
        _finish(run, records.FAILED)
        told = paragraphs.not_back(_now(case), error, None) if case.good else paragraphs.first(_now(case))
    raise told


def _dealt_with(case: Case, patience: float) -> DeployFailed:
    """What it ends with: taken back, or why not."""
    run, failed, release = case.run, case.failed, case.release
    if isinstance(failed, PhaseFailed):
        running = run.observed.current
        with suppress(ToolbeltError):
            running = releases.running(run.heroku.client, run.app)
            switch_back(run)
        backup = _backup(run)
        _finish(run, records.FAILED)
        return paragraphs.phase_failed(_now(case), running=running, backup=backup)
    if not run.options.rollback:
        _finish(run, records.FAILED)
        return paragraphs.left(_now(case))
    if run.observed.migrations is None:  # its release phase has told what could not be known before
        run.observed = replace(run.observed, migrations=migrated.applied(run.tools, run.wanted.commit, run.phase))
    catch_up(run, release)
    if (refused := _refusal(case)) is not None:
        _finish(run, records.FAILED)
        return refused
    return _take_back(case, patience)


def left_alone(run: Run, error: ToolbeltError, release: Release) -> ToolbeltError:
    """The same error, with what is so now: Heroku can be asked neither for what is left nor for the way back.

    The journal stays: the next run goes on where this one had to stop.
    """
    now = f"{_answering(run)} " if run.observed.app.web_url else ""
    at = f"It had come to its step {run.journal.under_way}: what is left" if run.journal else "What is left"
    error.headline = f"{release.name} is released, and nobody has seen whether it is any good: {error.headline}"
    error.finding = f"{now}{at} was not done, and nothing was taken back.\n{error.finding}"
    error.todo = f"{error.todo.rstrip('.')}. Then {run.again} sees what is there, and carries on"
    return error


def _diagnose(run: Run, failed: DeployFailed, release: Release) -> Case:
    """Print the last lines of the dyno that failed, and what they mean."""
    said = failed.finding.partition("\n")[0]
    if isinstance(failed, Halted):
        run.tools.printer.warn(f"{failed.headline}: {said}")
        return Case(run=run, failed=failed, release=release, finding=failed.finding, todo=failed.todo)
    if isinstance(failed, PhaseFailed):
        lines = run.phase[-meanings.MOST :]
    else:
        dyno = failed.dyno if isinstance(failed, NotGood) else ""
        lines = meanings.begun(_since(run.log(dyno), release))
        if dyno in ("", "web"):
            lines += [line for line in _since(run.log("router"), release) if "at=error" in line][-SHOWN:]
        for line in [text for text in meanings.own(map(meanings.text, lines)) if not NOISE.search(text)][-SHOWN:]:
            run.tools.printer.line(dyno or "log", line)
    found = meanings.read(lines, flag=run.heroku.stage.flag)
    run.tools.printer.warn(f"{failed.headline}" + (f": {found[0].says}" if found else f": {said}" if said else ""))
    finding = "" if isinstance(failed, PhaseFailed) else failed.finding
    return Case(run=run, failed=failed, release=release, finding=finding, meanings=found)


def _since(lines: list[str], release: Release) -> list[str]:
    """Without what was logged before the release was made."""
    if release.created is None:
        return lines
    since = release.created.strftime("%Y-%m-%dT%H:%M:%S")
    return [line for line in lines if line[: len(since)] >= since]


def _refusal(case: Case) -> DeployFailed | None:
    """Why there is no going back; None where there is."""
    run, good = case.run, case.good
    newest = releases.newest(run.heroku.client, run.app)
    if newest is not None and newest.version > case.release.version and newest.status != "failed":
        return paragraphs.overtaken(_now(case), newest)
    if good is not None and run.fresh is None and good.version == case.release.version:
        return paragraphs.unchanged(_now(case))
    if good is None or good.version >= case.release.version:
        return paragraphs.first(_now(case))
    if run.observed.one_way:
        return paragraphs.one_way(_now(case), backup=_backup(run))
    return None


def _backup(run: Run) -> str:
    """The name of the one that was taken before its migrations, or ""."""
    return str((run.journal.notes.get("backup") if run.journal else "") or "")


def _take_back(case: Case, patience: float) -> DeployFailed:
    run, good = case.run, case.good
    assert good is not None
    run.tools.printer.doing("rollback", f"to {good.name}, the last good release")
    made: Release | None = None
    look_on(run)
    try:
        made = roll_back(run.tools, run.heroku, good)
        if run.journal:
            run.journal.note("taken back by", made.version)
        run.tools.printer.step("rollback", f"{made.name} has the code and the config vars of {good.name}")
        quantities = restored(run)
        back = _backwards(run)
        proof = prove(back, made, patience=max(patience, UNHURRIED))
    except KeyboardInterrupt:
        raise Interrupted(
            f"{case.failed.headline}. Interrupted while it was being taken back",
            finding=f"Heroku goes on with {made.name}, {good.name} again." if made else "Whether Heroku has begun is not known.",
            todo=f"./inv releases{case.flag} tells what runs; {run.back(case.release)} brings back what ran before",
        ) from None
    except Interrupted as error:
        error.headline = f"{case.failed.headline}. {error.headline}, while it was being taken back"
        raise
    except ToolbeltError as error:
        _finish(run, records.ROLLED_BACK if made else records.FAILED)
        return paragraphs.not_back(_now(case), error, made)
    case = replace(case, lasted=back.answered - (run.released or back.answered))
    run.see_downtime()
    with suppress(ToolbeltError):
        switch_back(run)
    journal = _finish(run, records.ROLLED_BACK)
    if journal is not None:
        _record(run, journal, made, case.release, back.outcome)
    return paragraphs.taken_back(case, made, proof=proof, restored=quantities)


def roll_back(tools: Tools, heroku: Heroku, to: Release) -> Release:
    """A new release with the code and the config vars of an old one, its release phase seen through to its end."""
    client, app = heroku.client, heroku.app
    newest = releases.newest(client, app)
    made = releases.rollback(client, app, to, before=newest or to)

    def ended() -> bool:
        return releases.info(client, app, made.id).status != "pending"

    told: list[str] = []
    if made.output_url:
        told = show(tools.printer, "release", streams.follow(client, made.output_url, finished=ended))
    while (done := releases.info(client, app, made.id)).status == "pending":
        client.sleep(1)
    if done.status == "failed":
        raise DeployFailed(
            f"The release phase of {done.name} failed",
            finding="No dyno has started it, and nothing else has changed" + (f"; it said “{told[-1].strip()}”" if told else ""),
            todo=f"./inv releases.output {done.name}{heroku.stage.flag}",
        )
    return done


def _backwards(run: Run) -> Run:
    """The run of the way back: the same app, and the old commit."""
    wanted = replace(run.wanted, commit=run.observed.good_commit, formation={}, verify=run.options.verify)
    planned = planning.back(wanted, run.observed)
    return replace(run, wanted=wanted, planned=planned, verb=run.again, journal=None, up=(), watch=None)


def prove(run: Run, made: Release, *, patience: float) -> str:
    """Dynos up, the old commit answers, and it is ready: what of it was seen, as a sentence."""
    running = dynos_up(run, made, patience)
    site_answers(run, made, running, patience)
    run.answered = time.monotonic()
    count = ", ".join(f"{name} {quantity}" for name, quantity in running.items())
    told = f"Its dynos are up ({count or 'none'})"
    if run.options.verify:
        seconds, times = min(run.options.seconds, BRIEF), run.options.times
        verify(run, made, commit=run.wanted.commit, running=running, baseline=None, times=times, seconds=seconds)
        why = unasked(run, running)  # maintenance mode may have been switched on meanwhile
        return f"{told}, and {f'the site was not asked, for {why}' if why else f'the site has answered {times} times in a row'}."
    why = unasked(run, running)
    return f"{told}, and {f'the site was not asked, for {why}' if why else 'the site answers'}."


def _now(case: Case) -> Case:
    """With what runs at this moment."""
    run, sentences = case.run, list[str]()
    running: Mapping[str, int] = {row.type: row.quantity for row in run.observed.rows}
    with suppress(ToolbeltError):
        current = releases.running(run.heroku.client, run.app)
        found = dynos.every(run.heroku.client, run.app)
        states = ", ".join(f"{each.name} {each.state}" for each in found) or "no dyno"
        sentences.append(f"Heroku runs {current.name if current else 'nothing'}: {states}.")
        running = {"web": sum(each.type == "web" for each in found)}
    if not sentences:
        sentences.append("What Heroku runs could not be found out: its API does not answer.")
    if run.observed.app.web_url and not unasked(run, running):
        sentences.append(_answering(run))
    run.see_downtime()
    return replace(case, now=" ".join(sentences))


def _answering(run: Run) -> str:
    answer = site.ask(run.heroku.client, run.observed.app.web_url, seconds=SOON)
    return f"The site answers: {answer.said}." if answer.status else "The site does not answer."


def _finish(run: Run, outcome: str) -> Journal | None:
    """The journal, which is over: whatever is noted from now on would bring it back."""
    journal, run.journal = run.journal, None
    if journal is not None:
        journal.finish(outcome)
    return journal


def _record(run: Run, failed: Journal, made: Release, bad: Release, outcome: str) -> None:
    """The rollback is a release too, with a record of its own."""
    back = recording.begin(
        run.tools, run.heroku, commit=run.observed.good_commit, kind="rollback", before=bad.version,
        before_commit=run.wanted.commit, formation={}, config=failed.config, app_id=failed.app_id,
    )  # fmt: skip
    back.note("version", made.version)
    back.finish(outcome)
