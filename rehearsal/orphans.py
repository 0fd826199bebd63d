"""What rehearsals have left in the engine whose folder was removed by hand: found by the mark of each, and removed.

The mark is an empty volume. Its labels tell the folder that containers, volumes and images of this name belong to, which
rehearsal of that folder it was, for a folder can be made anew, and the machine that the folder is on: engines can be
shared, and nobody else's things are touched.
"""

from __future__ import annotations

import logging
import socket
from contextlib import suppress
from pathlib import Path

from rehearsal.builds.engine import EngineFailed, docker
from rehearsal.dynos.docker import LABEL, remove_containers, remove_network

HOME, HOST, IDENTITY = f"{LABEL}.home", f"{LABEL}.host", f"{LABEL}.id"

log = logging.getLogger("rehearsal")


async def mark(label: str, home: Path, identity: str) -> None:
    """Tell in the engine which folder things of this label belong to; as long as the folder is there, they stay.

    Those of a rehearsal that was in the same folder before, and of which the folder knows nothing any more, are removed.
    """
    with suppress(EngineFailed):  # the first time there is none
        template = f'{{{{index .Labels "{IDENTITY}"}}}}'
        if await docker("volume", "inspect", "--format", template, f"djheroku-{label}") != identity:
            await discard(label)
            log.info("removed from the engine what was left of an earlier rehearsal in %s", home)
    words = [f"{LABEL}={label}", f"{HOME}={home}", f"{HOST}={socket.gethostname()}", f"{IDENTITY}={identity}"]
    await docker("volume", "create", *(word for each in words for word in ("--label", each)), f"djheroku-{label}")


async def remove() -> list[Path]:
    """Remove what belongs to folders that are gone; returns these. What the engine does not let go now stays marked."""
    told = await docker(
        "volume", "ls", "--filter", f"label={HOME}", "--filter", f"label={HOST}={socket.gethostname()}",
        "--format", f'{{{{.Label "{LABEL}"}}}}\t{{{{.Label "{HOME}"}}}}',
    )  # fmt: skip
    gone = []
    for label, _, home in (line.partition("\t") for line in told.splitlines()):
        if label and Path(home).is_absolute() and not Path(home).exists():
            try:
                await discard(label)
            except EngineFailed as error:
                log.warning("what is left of %s stays for now: %s", home, error)
            else:
                log.info("removed from the engine what was left of %s", home)
                gone.append(Path(home))
    return gone


async def discard(label: str) -> None:
    """Remove what the engine has under this label."""
    await remove_containers(label)
    await remove_network(f"djheroku-{label}")
    for filter_ in (f"reference=djheroku-rehearsal-{label}", f"label={LABEL}={label}"):
        # By name: what an image is called besides is somebody else's.
        names = await docker("image", "ls", "--filter", filter_, "--format", "{{.Repository}}:{{.Tag}}")
        for name in names.split():
            with suppress(EngineFailed):  # without a name, or a dyno of another rehearsal has it
                await docker("image", "rm", name)
    named = (await docker("volume", "ls", "--quiet", "--filter", f"name=djheroku-{label}-")).split()
    theirs = [name for name in named if name.startswith(f"djheroku-{label}-")]
    await docker("volume", "rm", "--force", *theirs, f"djheroku-{label}")
