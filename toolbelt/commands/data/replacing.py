"""The stack's database replaced by another: made beside it, and put in its place in one moment, or not at all."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolbelt import output
from toolbelt.commands.data.standing import told
from toolbelt.commands.endings import uninterrupted
from toolbelt.data import asking, room
from toolbelt.data.database import Database
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.output import size
from toolbelt.stack.disk import of_database
from toolbelt.tools import Tools

SCRATCH = "djheroku_scratch_"
RECOVERY = 15.0  # seconds that a server which has crashed may take until it answers again


def may_replace(tools: Tools, local: Database, *, yes: bool, verb: str) -> None:
    """Ask a person before what is in the stack's database goes; UsageError where nobody is there."""
    there = asking.tables(local)
    if not there or yes:
        return
    what = f"This replaces what is in the stack's database ({len(there)} tables)"
    if not tools.config.interactive:
        raise UsageError(what, finding="Nobody is here to be asked, and nothing was done.", todo=f"./inv {verb} --yes")
    tools.printer.warn(f"{what}.")
    if not output.ask("Go on?"):
        raise ToolbeltError("Nothing was done")


@contextmanager
def beside(tools: Tools, local: Database) -> Iterator[Database]:
    """A database beside the stack's own, put in its place at the end; gone if it does not come to that.

    Those of runs that were killed go as well.
    """
    for name in asking.leftovers(local, SCRATCH):
        asking.drop(local.named(name))
        tools.printer.warn(f"{name} was left by a run that was killed, and is gone now")
    fresh, replaced = local.named(f"{SCRATCH}{secrets.token_hex(4)}"), False

    def so() -> str:
        if not replaced:
            return f"{local.name} is as it was."
        return f"{local.name} has the new data; this checkout's migrations have not run on it: ./inv migrate"

    with told(so):
        try:
            asking.create(fresh)
            yield fresh
            with uninterrupted():  # a moment in which nobody could say what is so
                asking.replace(local, fresh)
                replaced = True
        except BaseException:
            if not replaced:
                _put_away(tools, fresh)
            raise


def _put_away(tools: Tools, fresh: Database) -> None:
    """Drop it, also where the server is just coming back from a crash; a trouble in that hides no other."""
    deadline = time.monotonic() + RECOVERY
    while True:
        try:
            asking.drop(fresh)
        except asking.DatabaseError as error:
            if "refused" not in error.finding and time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            tools.printer.warn(f"{fresh.name} could not be thrown away ({error.finding}); the next db.pull does it")
        return


def disk(tools: Tools, coming: int) -> Path | None:
    """A folder on the disk of the stack's database, where it can be seen; coming: about how many bytes, to be told of."""
    folder = of_database(tools.stack().name, tools.config.home)
    if folder is not None and (left := room.free(folder)) < coming:
        tools.printer.warn(f"about {size(coming)} are to come, and {size(left)} are free on the disk")
    return folder
