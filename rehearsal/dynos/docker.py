"""Whether there is a Docker engine, and what belongs to a rehearsal in it."""

from __future__ import annotations

import asyncio

from rehearsal.builds.engine import EngineFailed, docker

LABEL = "djheroku.rehearsal"


async def answers() -> bool:
    """Whether an engine answers, within some seconds."""
    try:
        async with asyncio.timeout(10):
            await docker("version", "--format", "{{.Server.Version}}")
    except (EngineFailed, OSError, TimeoutError):
        return False
    return True


async def remove_containers(label: str) -> None:
    """Remove every container with our label, running or not, with its anonymous volumes."""
    found = (await docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}={label}")).split()
    if found:
        try:
            await docker("rm", "--force", "--volumes", *found)
        except EngineFailed as error:
            if "already in progress" not in str(error) and "No such container" not in str(error):
                raise


async def ensure_network(name: str, label: str) -> None:
    """A bridge network of our own; the one of last time if it is still there."""
    if name not in (await docker("network", "ls", "--format", "{{.Name}}", "--filter", f"name={name}")).split():
        await docker("network", "create", "--label", f"{LABEL}={label}", name)


async def remove_network(name: str) -> None:
    """Remove the network, if nothing uses it any more."""
    try:
        await docker("network", "rm", name)
    except EngineFailed:
        return
