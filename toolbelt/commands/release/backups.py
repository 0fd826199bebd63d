"""Taking a backup of the app's Postgres, as a deploy does before migrations that cannot be undone."""

from __future__ import annotations

import time
from collections.abc import Callable

from toolbelt.errors import Interrupted, ToolbeltError
from toolbelt.heroku import addons, data
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.client import Client
from toolbelt.heroku.data import Transfer
from toolbelt.heroku.refusals import Unavailable, Unreachable
from toolbelt.output import size
from toolbelt.tools import Heroku, Tools

EVERY = 3.0  # seconds between two looks, as the CLI has it
FIRST = 0.5  # seconds until the first of them; then twice as long each time, up to that
OFTEN = 15.0  # seconds between two words on how far it is
FAILURES = 20  # looks in a row without an answer, until it counts as lost


def back_up(tools: Tools, heroku: Heroku, *, every: float = EVERY) -> str | None:
    """Take a backup of the app's Postgres and wait until it is there; its name (b004), None where the app has none.

    Tells how far it is where it takes long; that it is done, whoever asked for it tells. Raises ToolbeltError where it
    fails: a deploy that needs it must not go on.
    """
    found = database(heroku)
    if found is None:
        return None
    client, app, flag = data.door(heroku.stage, heroku.token), heroku.app, heroku.stage.flag
    begun: Transfer | None = None
    try:
        begun = data.capture(client, app, found)
        done = wait(client, app, begun, every=every, note=lambda text: tools.printer.doing("backup", text))
    except KeyboardInterrupt:
        if begun is None:
            half, then = "Whether it has begun at Heroku is not known.", f"./inv db.backups{flag} tells"
        else:
            half, then = (
                "It goes on at Heroku.",
                f"./inv db.backups{flag} tells how it ended, ./inv db.backups.cancel{flag} ends it",
            )
        name = begun.name if begun else f"of {found.name}"
        raise Interrupted(f"Interrupted at: backup {name}", finding=half, todo=then) from None
    if not done.succeeded:
        lines = data.transfer(client, app, done.number, verbose=True).log
        raise ToolbeltError(
            f"The backup {done.name} of {found.name} failed",
            finding="\n".join(lines[-10:]) or "Heroku does not say why.",
            todo=f"Nothing else was done. Type the same again, or look at the database: ./inv db.info{flag}",
        )
    return done.name


def database(heroku: Heroku) -> Addon | None:
    """The app's Postgres: the one behind DATABASE_URL, where there are several; ToolbeltError where it is not there yet."""
    every = [each for each in addons.every(heroku.client, heroku.app) if each.service == data.POSTGRES]
    there = [each for each in every if each.state == "provisioned"]
    if not there and (coming := [each for each in every if each.state == "provisioning"]):
        raise ToolbeltError(
            f"{coming[0].name} is still being provisioned",
            finding="Nothing was done.",
            todo=f"./inv addons.wait {coming[0].name}{heroku.stage.flag}, then type the same again",
        )
    return next((each for each in there if "DATABASE_URL" in each.config_vars), there[0] if there else None)


def wait(client: Client, app: str, begun: Transfer, *, every: float, note: Callable[[str], None]) -> Transfer:
    """Wait until a transfer has ended, in whatever way; tells now and then how far it is."""
    failures, next_word, pause = 0, 0.0, min(every, FIRST)
    found = begun
    while found.finished is None:
        if time.monotonic() >= next_word:
            note(f"{found.name}, {size(found.bytes)}{f' of {size(found.total)}' if found.total else ''}")
            next_word = time.monotonic() + OFTEN
        client.sleep(pause)
        pause = min(every, 2 * pause)  # a small database is done at once, a large one is not hurried by questions
        try:
            found = data.transfer(client, app, begun.id)
            failures = 0
        except (Unreachable, Unavailable):
            failures += 1
            if failures >= FAILURES:
                raise
    return found
