"""What a container may use of this machine, and what its processes believe that it may."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

from rehearsal.builds.engine import EngineFailed, docker
from rehearsal.dynos import cgroups
from rehearsal.dynos.contract import Size
from rehearsal.dynos.docker import LABEL

log = logging.getLogger("rehearsal")

THREADS = 256  # processes and threads of an Eco, Basic or Standard-1X dyno; larger dynos have more


def of(size: Size) -> list[str]:
    """Memory without swap, processes, and a user that nobody knows: neither USER nor HEALTHCHECK of the image count.

    Twice the quota, where Heroku has the quota and as much swap: above the first there is R14, at the second R15.
    """
    user = 10_000 + secrets.randbelow(50_000)
    memory = f"{2 * size.megabytes}m"
    threads = THREADS if size.megabytes <= 512 else THREADS * 2 * (16 if size.dedicated else 1)
    return [
        *("--user", f"{user}:{user}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--memory", memory, "--memory-swap", memory, "--pids-limit", str(threads), "--no-healthcheck"),
    ]


class Mask:
    """Processes are told that they have the quota, not twice as much: servers compute from it how many they start.

    A file in place of the kernel's own.
    """

    def __init__(self, folder: Path, label: str) -> None:
        self._folder = folder
        self._label = label
        self._works: bool | None = None

    async def words(self, image: str, size: Size) -> list[str]:
        """What `docker run` is told. The first image tries whether the engine allows it: nothing else depends on it."""
        self._folder.mkdir(exist_ok=True, mode=0o711)
        quota = self._folder / str(size.megabytes)
        if not quota.exists():
            quota.write_text(f"{size.megabytes << 20}\n", encoding="ascii")
        words: list[str] = []
        if self._works is not False:
            version = 2 if await docker("info", "--format", "{{.CgroupVersion}}") == "2" else 1
            words = ["--mount", f"type=bind,source={quota},target={cgroups.LIMITS[version]},readonly"]
        if self._works is None:
            try:
                await docker("run", "--rm", "--network", "none", "--label", f"{LABEL}={self._label}", *words,
                             "--entrypoint", "", image, "true")  # fmt: skip
            except EngineFailed as error:
                self._works = "mount" not in str(error)  # an image without `true` fails later
            else:
                self._works = True
            if not self._works:
                log.warning("dynos see twice their memory quota as their limit: this engine does not let it be hidden")
        return words if self._works else []
