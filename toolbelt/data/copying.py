"""A dump into a restore, byte by byte, and what is true of the copy afterwards."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolbelt import shell
from toolbelt.data import asking, programs
from toolbelt.data.asking import Contents
from toolbelt.data.database import Database
from toolbelt.errors import ToolbeltError
from toolbelt.shell import Ended

LINES = 12
LARGE = 32 * 1024**2  # bytes of a file from which on several connections are worth their start
JOBS = 4
EVERY = 0.5  # seconds between two looks at how far it is
KNOWS = 17  # the first Postgres that knows transaction_timeout


class CopyFailed(ToolbeltError):
    """A dump or a restore did not come to its end."""


def copy(
    folder: Path,
    source: Database,
    target: Database,
    *,
    told: Callable[[int], None],
    without: Iterable[str] = (),
    left_out: Iterable[str] = (),
) -> Contents:
    """Everything in the source into the target, which is empty; what was in the source at that moment.

    Both are reached without TLS of their own (see tunnel.py). All of it is restored, or nothing. left_out: extensions.
    Raises CopyFailed.
    """
    old = asking.facts(target).major < KNOWS
    into = programs.run(folder, target) if old else programs.restore(folder, target)
    with asking.snapshot(source) as (name, there):
        dump = programs.dump(folder, source, snapshot=name, without=tuple(without), left_out=tuple(left_out), script=old)
        dumped, restored = shell.pipe(dump, into, told=told, changed=Unknown() if old else bytes)
    check(dumped, restored)
    return there


def unpack(folder: Path, file: Path, target: Database, *, told: Callable[[int], None], chosen: Path) -> None:
    """An archive into the target, which is empty and is thrown away where this fails. Raises CopyFailed.

    told: of the archive's bytes, or of those of the target where it is restored side by side.
    """
    if asking.facts(target).major < KNOWS:
        script = programs.script(folder, file, chosen=chosen)
        ended = shell.pipe(script, programs.run(folder, target), told=told, changed=Unknown())
    elif side_by_side(file, target):
        command = programs.side_by_side(folder, target, file, jobs=JOBS, chosen=chosen)
        with _growing(target, told):
            done = shell.run(command.argv, env=command.env, check=False)
        ended = Ended(0, ""), Ended(done.returncode, done.stderr.strip())
    else:
        ended = shell.pipe(file, programs.restore(folder, target, chosen=chosen), told=told)
    check(*ended)


def side_by_side(file: Path, target: Database) -> bool:
    """It is worth several connections, and the server takes what pg_restore itself sends."""
    return file.stat().st_size >= LARGE and asking.facts(target).major >= KNOWS


@contextmanager
def _growing(target: Database, told: Callable[[int], None]) -> Iterator[None]:
    """Tell of the bytes that a database grows by, while something is put into it."""
    over = threading.Event()

    def look() -> None:
        last: int | None = None
        while not over.wait(EVERY):
            with suppress(ToolbeltError):
                size = asking.facts(target).size
                told(max(0, size - (size if last is None else last)))
                last = size

    looking = threading.Thread(target=look, name="growing", daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


class Unknown:
    """Takes out of a script's head what pg_dump and pg_restore of today write there and a server before KNOWS refuses.

    pg_restore itself sends it to every server, so that such a server gets SQL from psql. The head is in the first piece.
    """

    SETTING = re.compile(rb"^SET transaction_timeout = 0;\r?\n", re.MULTILINE)
    END = b"SET row_security"  # the last line of the head: what follows may be somebody's data

    def __init__(self) -> None:
        self._first = True

    def __call__(self, piece: bytes) -> bytes:
        if not self._first:
            return piece
        self._first = False
        head, end, rest = piece.partition(self.END)
        return self.SETTING.sub(b"", head) + end + rest


def check(dumped: Ended, restored: Ended) -> None:
    """Raises CopyFailed with what the programs said."""
    if dumped.status == 0 and restored.status == 0:
        return
    # Where the restore fails, the dump fails by that alone: what the restore says is the cause.
    which, ended = ("restore", restored) if restored.status != 0 else ("dump", dumped)
    said = "\n".join(ended.said.splitlines()[-LINES:]) or f"exit status {ended.status}"
    raise CopyFailed(f"The {which} failed", finding=said)


def differences(there: Contents, here: Contents, *, without: Iterable[str] = (), left_out: Iterable[str] = ()) -> tuple[str, ...]:
    """What of a copy is not as it was in its source, but for the rows of some tables and some extensions."""
    left = set(without)
    told = [
        f"{table}: {count} rows, and {here.rows.get(table, 'no such table')} in the copy"
        for table, count in sorted(there.rows.items())
        if here.rows.get(table) != count and table not in left
    ]
    wanted = (name for name in there.extensions if name not in (*here.extensions, *left_out))
    return (*told, *(f"extension {name} is not in the copy" for name in wanted))
