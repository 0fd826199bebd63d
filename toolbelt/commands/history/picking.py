"""Which release is meant: by its name, the newest, or the one to go back to."""

from __future__ import annotations

import re

from toolbelt import records
from toolbelt.commands.history import keeping
from toolbelt.commands.history.entries import BACK
from toolbelt.errors import UsageError
from toolbelt.heroku import releases
from toolbelt.heroku.releases import Release
from toolbelt.tools import Heroku, Tools

VERSION = re.compile(r"^v?(\d+)$")
UNFIT = {"expired": "it has expired", "failed": "it failed", "pending": "it has not ended yet"}
RECENT = 50  # releases, among which is one to go back to


def named(heroku: Heroku, which: str) -> Release:
    """The release that is named, the newest for ""."""
    if not which:
        found = releases.newest(heroku.client, heroku.app)
        if found is None:
            raise UsageError(f"{heroku.app} has no release yet", todo=f"./inv deploy{heroku.stage.flag}")
        return found
    version = VERSION.match(which)
    if version is None:
        raise UsageError(f"{which!r} is not a release", todo="A release is named v42, or 42")
    return releases.info(heroku.client, heroku.app, version[1])


def before(tools: Tools, heroku: Heroku, running: Release | None) -> Release:
    """The release to go back to: the newest that ran before the one that runs, and that was not taken back itself."""
    kept = keeping.kept(tools, heroku)
    back = BACK.match(running.description) if running else None
    below = int(back[1]) if back else running.version if running else 0
    for release in releases.every(heroku.client, heroku.app, limit=RECENT):
        record = kept.get(release.version)
        ours = record is not None and record.release in ("", release.id)
        bad = ours and record is not None and record.outcome in records.BAD
        if release.version < below and release.status == "succeeded" and release.eligible and not bad:
            return release
    raise UsageError("There is no earlier release to go back to", todo=f"./inv releases{heroku.stage.flag}")


def refuse(heroku: Heroku, release: Release) -> None:
    """Raise UsageError for a release that one cannot go back to."""
    if not release.eligible or release.status in ("expired", "failed"):
        todo = f"./inv releases{heroku.stage.flag}"
        why = UNFIT.get(release.status, "it has no code")
        raise UsageError(f"{release.name} is not one to go back to: {why}", todo=todo)
