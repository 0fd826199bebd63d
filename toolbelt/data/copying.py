"""A dump into a restore, byte by byte, and what is true of the copy afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from toolbelt import shell
from toolbelt.data import asking, programs
from toolbelt.data.asking import Contents
from toolbelt.data.database import Database
from toolbelt.errors import ToolbeltError
from toolbelt.shell import Ended

LINES = 12


class CopyFailed(ToolbeltError):
    """A dump or a restore did not come to its end."""


def copy(
    folder: Path, source: Database, target: Database, *, told: Callable[[int], None], without: Iterable[str] = ()
) -> Contents:
    """Everything in the source into the target, which is empty; what was in the source at that moment.

    Both are reached without TLS of their own (see tunnel.py). All of it is restored, or nothing. Raises CopyFailed.
    """
    with asking.snapshot(source) as (name, there):
        dumped, restored = shell.pipe(
            programs.dump(folder, source, snapshot=name, without=tuple(without)), programs.restore(folder, target), told=told
        )
    check(dumped, restored)
    return there


def check(dumped: Ended, restored: Ended) -> None:
    """Raises CopyFailed with what the programs said."""
    if dumped.status == 0 and restored.status == 0:
        return
    # Where the restore fails, the dump fails by that alone: what the restore says is the cause.
    which, ended = ("restore", restored) if restored.status != 0 else ("dump", dumped)
    said = "\n".join(ended.said.splitlines()[-LINES:]) or f"exit status {ended.status}"
    raise CopyFailed(f"The {which} failed", finding=said)


def differences(there: Contents, here: Contents, *, without: Iterable[str] = ()) -> tuple[str, ...]:
    """What of a copy is not as it was in its source."""
    left = set(without)
    told = [
        f"{table}: {count} rows, and {here.rows.get(table, 'no such table')} in the copy"
        for table, count in sorted(there.rows.items())
        if here.rows.get(table) != count and table not in left
    ]
    return (*told, *(f"extension {name} is not in the copy" for name in there.extensions if name not in here.extensions))
