"""How Postgres is started by root, as whom it refuses to run."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.errors import CommandFailed, MissingTool


@dataclass(frozen=True)
class Unprivileged:
    """How Postgres is started by root: it refuses to run as root, and rightly.

    Ordinary users need nothing. For root the first choice is a user namespace in which root is `nobody`: files
    stay root's, folders keep their permissions, no user is made. Where that is forbidden (most containers), it
    runs as the real `nobody`, who is let through the folders on the way to the programs and the data.
    """

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    @classmethod
    def here(cls, programs: Path, data: Path) -> Unprivileged:
        if os.geteuid() != 0:
            return cls()
        nobody = pwd.getpwnam("nobody")
        prefix = ("unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
        try:
            shell.run([*prefix, "true"], timeout=10)
            return cls(prefix=prefix)
        except (CommandFailed, MissingTool):
            for folder in (programs, data):
                _let_through(folder)
            return cls(user=nobody.pw_uid, group=nobody.pw_gid)


def _let_through(folder: Path) -> None:
    """Let everybody pass through (not list) the folders above, as far as root's own are closed."""
    for place in (folder, *folder.parents):
        mode = place.stat().st_mode
        if not mode & stat.S_IXOTH:
            place.chmod(mode | stat.S_IXOTH)
