"""Which files were saved: the file system says so, or, where it is shared over a network or with a host, one has to look."""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

from watchfiles import PythonFilter, watch

# Saves on another machine raise no inotify event here.
SILENT = {"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "vboxsf", "prl_fs"}
SILENT_PREFIXES = ("fuse.sshfs", "fuse.vmhgfs", "fuse.vboxsf", "fuse.s3fs")
MOUNTS = Path("/proc/self/mounts")
# A save is over when nothing more has changed for so long.
QUIET_SECONDS = 0.02
LOOK_SECONDS = 0.3


def saves(folder: Path) -> Iterator[set[str]]:
    """The Python files below *folder* that have been saved since the last time; an empty set every QUIET_SECONDS otherwise."""
    if must_poll(folder):
        yield from _found(folder)
    quiet = round(QUIET_SECONDS * 1000)
    for changes in watch(
        folder,
        watch_filter=PythonFilter(),
        debounce=400,
        step=quiet,
        rust_timeout=quiet,
        yield_on_timeout=True,
        raise_interrupt=False,
        force_polling=False,
    ):
        yield {path for _, path in changes}


def _found(folder: Path) -> Iterator[set[str]]:
    """By looking. Not watchfiles' way of it: that takes a save for none when it comes within a second of the one before."""
    before, due = _look(folder), time.monotonic() + LOOK_SECONDS
    while True:
        time.sleep(QUIET_SECONDS)
        if time.monotonic() < due:
            yield set()
            continue
        now, due = _look(folder), time.monotonic() + LOOK_SECONDS
        yield {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
        before = now


def _look(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What tells two versions of a file apart."""
    found = {}
    for path in folder.rglob("*.py"):
        with contextlib.suppress(OSError):  # it has just gone
            status = path.stat()
            found[str(path)] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def is_silent(path: Path, mounts: str) -> bool:
    """Whether *path* lies on such a file system; *mounts* is what /proc/self/mounts says (proc(5), fstab(5))."""
    kind, longest = "", -1
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(fields[1].encode().decode("unicode_escape"))
        if (path == point or point in path.parents) and len(point.parts) >= longest:
            kind, longest = fields[2], len(point.parts)
    return kind in SILENT or kind.startswith(SILENT_PREFIXES)


def must_poll(path: Path) -> bool:
    """Whether saves below *path* can only be found by looking; WATCHFILES_FORCE_POLLING says so where nothing else does."""
    wanted = os.environ.get("WATCHFILES_FORCE_POLLING", "").lower()
    if wanted:
        return wanted not in ("false", "disable", "disabled")
    # On WSL, the folders of Windows are seen through several kinds of file system: watchfiles looks everywhere there, too.
    if "microsoft-standard" in platform.uname().release:
        return True
    try:
        return is_silent(path.resolve(), MOUNTS.read_text())
    except OSError:  # no /proc
        return False
