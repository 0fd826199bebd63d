"""Room on the disk of a database server of this machine.

A Postgres server that cannot write its log any more stops, with all its databases, and does not start again until there is room
(https://www.postgresql.org/docs/current/disk-full.html). So a copy is stopped before the disk is full.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolbelt.data import asking
from toolbelt.data.database import Database
from toolbelt.errors import ToolbeltError

RESERVE = 128 * 1024**2  # bytes: a few files of the server's log, and what it writes while we look away
FULL = 16 * 1024**2  # bytes: less than one more file of that log
EVERY = 0.05  # seconds between two looks
SAID = "No space left on device"  # ENOSPC, as the C library says it in the programs' locale
HEADLINE = "There is no room left on the disk"
TODO = "Make room on this machine, then type the same again"


class NoRoom(ToolbeltError):
    """The disk is full, or as good as full."""


def free(folder: Path) -> int:
    """Bytes that may still be written."""
    return shutil.disk_usage(folder).free


@contextmanager
def watched(folder: Path | None, fresh: Database) -> Iterator[None]:
    """While something is put into a fresh database: drop it before the server has no room left, and raise NoRoom.

    folder: on the server's disk; None where that cannot be seen from here.
    """
    if folder is None:
        yield
        return
    done, seen = threading.Event(), list[int]()

    def look() -> None:
        while not done.wait(EVERY):
            if (left := free(folder)) < RESERVE:
                seen.append(left)
                try:
                    asking.drop(fresh)  # whoever is connected to it is cut off
                except asking.DatabaseError:
                    continue
                return

    watching = threading.Thread(target=look, name="room", daemon=True)
    watching.start()
    try:
        yield
    except ToolbeltError as error:
        if seen:
            raise _no_room(seen[0]) from error
        if free(folder) < FULL:  # whatever it was that the server still said
            said = f"{error.finding.strip() or error.headline}\nIts server may have ended by that."
            raise NoRoom(HEADLINE, finding=said, todo=f"{TODO}; if the stack is down, ./inv up first") from error
        raise
    finally:
        done.set()
        watching.join()
    if seen:
        raise _no_room(seen[0])


def _no_room(left: int) -> NoRoom:
    said = (
        f"{max(left, 0) / 1000**2:.0f} MB were left where the stack's database is: it was stopped before its server had to stop."
    )
    return NoRoom(HEADLINE, finding=said, todo=TODO)


def named(error: ToolbeltError, *, todo: str = TODO) -> ToolbeltError:
    """NoRoom in the place of an error that says so in a program's or a server's words; any other as it is."""
    if isinstance(error, NoRoom) or SAID not in error.finding:
        return error
    said = next(line for line in error.finding.splitlines() if SAID in line)
    return NoRoom(HEADLINE, finding=said.strip(), todo=todo)
