"""The Docker engine, as far as builds and images need it: its own command line, which knows where the engine is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence


class EngineFailed(Exception):
    """docker said no; the message is its own."""


async def docker(*words: str, stdin: bytes | None = None) -> str:
    """Run docker to its end and return what it printed. Raises EngineFailed."""
    process = await asyncio.create_subprocess_exec(
        "docker",
        *words,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C on our terminal is ours to handle: a `docker rm` in our clean-up must live through it.
        start_new_session=True,
    )
    try:
        out, err = await process.communicate(stdin)
    except asyncio.CancelledError:
        if process.returncode is None:
            process.kill()
        raise
    if process.returncode != 0:
        said = (err or out).decode(errors="replace").strip()
        raise EngineFailed(f"docker {_verb(words)}: {said}")
    return out.decode(errors="replace").strip()


async def exists(image: str) -> bool:
    try:
        await docker("image", "inspect", "--format", "{{.Id}}", image)
    except EngineFailed:
        return False
    return True


def _verb(words: Sequence[str]) -> str:
    """The command without its arguments, which may hold what nobody should read."""
    return " ".join(words[:2] if words[0] in ("image", "container") else words[:1])
