"""What is so when a verb on data ends in its middle: looked at, not guessed, and said."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from toolbelt.data import asking, room
from toolbelt.data.database import Database
from toolbelt.errors import Interrupted, ToolbeltError
from toolbelt.tools import Heroku

AGAIN = "The same command does it from the start"
PATIENCE = 5.0  # seconds until what was cut off has to be over at the server


@contextmanager
def told(half: str | Callable[[], str], *, full: str = room.TODO) -> Iterator[None]:
    """Say what is so if it ends in its middle: in a sentence, or one that is found out then; full: what to do about a disk
    that is, where that is not this machine's."""

    def so() -> str:
        return half if isinstance(half, str) else half()

    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("Interrupted", finding=so(), todo=AGAIN) from None
    except OSError as error:
        here = room.TODO if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise ToolbeltError(error.strerror or type(error).__name__, finding=so(), todo=here) from error
    except ToolbeltError as error:
        found = room.named(error, todo=full)
        found.finding = "\n".join(filter(None, [found.finding, so()]))
        raise found from (error if found is not error else None)


def inside(heroku: Heroku, remote: Database) -> str:
    """What is in an app's database now that nothing of ours is at work in it any more."""
    where = f"the database of {heroku.app}"
    try:
        deadline = time.monotonic() + PATIENCE
        while asking.at_work(remote) and time.monotonic() < deadline:
            time.sleep(0.2)
        there = asking.tables(remote)
    except ToolbeltError:
        return f"What is in {where} is not known: ./inv db.info{heroku.stage.flag} tells."
    if not there:
        return f"Nothing was restored: {where} is empty."
    return f"The data is in {where} ({len(there)} tables); whether all of it is, was not checked to the end."
