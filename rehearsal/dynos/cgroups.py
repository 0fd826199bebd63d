"""What the kernel counts of a container's memory, where the engine's containers are processes of this machine."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
ROOT = Path("/sys/fs/cgroup")
# Where a process reads how much memory it has: version 2 of control groups, and version 1.
LIMITS = {2: "/sys/fs/cgroup/memory.max", 1: "/sys/fs/cgroup/memory/memory.limit_in_bytes"}


@dataclass(frozen=True)
class Group:
    """A control group that counts memory."""

    folder: Path
    version: int

    def used(self) -> int | None:
        """Bytes in use without files that are only kept because there was room, as `docker stats` counts; None at its end."""
        name, inactive = (
            ("memory.current", "inactive_file") if self.version == 2 else ("memory.usage_in_bytes", "total_inactive_file")
        )
        try:
            used = int((self.folder / name).read_text())
            return max(0, used - _number(self.folder / "memory.stat", inactive))
        except (OSError, ValueError):
            return None

    def killed(self) -> bool | None:
        """Whether the kernel has killed a process in it for want of memory, whose others may live on; None at its end."""
        with suppress(OSError):
            return _number(self.folder / ("memory.events" if self.version == 2 else "memory.oom_control"), "oom_kill") > 0
        return None


def _number(file: Path, name: str) -> int:
    found = re.search(rf"(?m)^{name} (\d+)$", file.read_text())
    return int(found[1]) if found else 0


def of(pid: int, container: str, *, proc: Path = PROC, root: Path = ROOT) -> Group | None:
    """The group of a container's first process; None where that is no process of this machine: the engine has one of its own."""
    with suppress(OSError):
        for line in (proc / str(pid) / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if container not in path:
                continue
            version, folder = (1, root / "memory" / path[1:]) if controllers == "memory" else (2, root / path[1:])
            if (folder / "memory.stat").exists() and controllers in ("", "memory"):
                return Group(folder, version)
    return None
