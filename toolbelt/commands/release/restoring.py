"""What a deploy has changed beside the code, as it was; and to which release of the old code it goes back."""

from __future__ import annotations

from dataclasses import replace

from toolbelt.commands.history.entries import CODE
from toolbelt.commands.release.delivery import remember
from toolbelt.commands.release.deploying import Run
from toolbelt.heroku import features, formation, releases
from toolbelt.heroku.refusals import AWAY, Refused
from toolbelt.heroku.releases import Release
from toolbelt.plan import scaling

OTHERS = 20  # releases that somebody may have made after the one that failed


def catch_up(run: Run, release: Release) -> None:
    """Config vars that somebody has set while this run was building are in a release of the old code: back to that one."""
    observed = run.observed
    good = observed.good
    if good is None or good != observed.current:
        return
    later: Release | None = None
    every = list(releases.every(run.heroku.client, run.app, limit=release.version - good.version + OTHERS))
    for each in reversed(every):
        if not good.version < each.version < release.version:
            continue
        if CODE.match(each.description):
            break
        if each.status == "succeeded" and each.slug == good.slug:
            later = each
    if later is not None:
        run.tools.printer.warn(f"{later.name} came meanwhile ({later.description}): that is what it goes back to")
        run.observed = replace(observed, good=later)


def restored(run: Run) -> str:
    """What came of it; that Heroku refuses a quantity says nothing of the code."""
    try:
        return restore(run)
    except AWAY:
        raise
    except Refused as error:
        told = error.finding.partition("\n")[0]
        return f" Its quantities could not be set back ({told}): ./inv ps{run.heroku.stage.flag} shows them."


def restore(run: Run) -> str:
    """The quantities that the deploy has set, as they were; what was done, as a sentence."""
    if not run.scaled:
        return ""
    before = {row.type: row.quantity for row in run.observed.rows}
    there = {row.type: row.quantity for row in formation.every(run.heroku.client, run.app)}
    differ = [name for name in run.scaled if there.get(name, 0) != before.get(name, 0)]  # Heroku may have refused some
    wishes = {name: (before.get(name, 0), "") for name in differ if name in there}
    if wishes:
        formation.scale(run.heroku.client, run.app, wishes)
    remember(run.tools, run)  # the next deploy is to scale them again
    told = ", ".join(f"{name}={before.get(name, 0)}" for name in scaling(run.wanted, run.observed))
    return f" The formation is as it was: {told}."


def switch_back(run: Run) -> None:
    """Features that the deploy has switched on; what runs does not know of it until it is released again."""
    for name in run.enabled:
        features.disable(run.heroku.client, run.app, name)
