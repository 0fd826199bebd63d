"""What a deploy has changed beside the code, as it was before."""

from __future__ import annotations

from toolbelt.commands.release.delivery import remember
from toolbelt.commands.release.deploying import Run
from toolbelt.heroku import features, formation
from toolbelt.plan import scaling


def restore(run: Run) -> str:
    """The quantities that the deploy has set, as they were; what was done, as a sentence."""
    if not run.scaled:
        return ""
    before = {row.type: row.quantity for row in run.observed.rows}
    there = {row.type for row in formation.every(run.heroku.client, run.app)}
    wishes = {name: (before.get(name, 0), "") for name in run.scaled if name in there}
    if wishes:
        formation.scale(run.heroku.client, run.app, wishes)
    remember(run.tools, run)  # the next deploy is to scale them again
    told = ", ".join(f"{name}={before.get(name, 0)}" for name in scaling(run.wanted, run.observed))
    return f" The formation is as it was: {told}."


def switch_back(run: Run) -> None:
    """Features that the deploy has switched on; what runs does not know of it until it is released again."""
    for name in run.enabled:
        features.disable(run.heroku.client, run.app, name)
