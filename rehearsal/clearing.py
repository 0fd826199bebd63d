"""A rehearsal is thrown away: what it has left running, its things in the Docker engine, its folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from rehearsal import orphans
from rehearsal.dynos import docker
from rehearsal.leftovers import Leftovers
from rehearsal.world import label


async def clear(home: Path) -> None:
    """Remove all of it; the rehearsal itself has ended. Raises OSError, and builds.engine.EngineFailed."""
    for kind in ("dynos", "addons"):
        Leftovers(home / "processes" / kind).end()
    if await docker.answers():  # otherwise the next rehearsal on this machine does it, for the folder is gone
        await orphans.discard(label(home))
    shutil.rmtree(home)
