"""Verbs on backups: taken, listed, downloaded, cancelled, deleted."""

from __future__ import annotations

import errno
import json
import time

from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.commands.endings import like_ctrl_c
from toolbelt.commands.release import backups
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import data, downloads
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.data import BACKUP, Transfer
from toolbelt.output import ago, size
from toolbelt.tools import Heroku, Tools


def backup(tools: Tools, *, stage: str) -> None:
    """Take a backup at Heroku, and wait until it is there."""
    heroku = tools.heroku(stage)
    began = time.monotonic()
    took = backups.back_up(tools, heroku)
    if took is None:
        raise _none(heroku)
    tools.printer.step("backup", f"{took} of {heroku.app}", time.monotonic() - began)


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Backups, restores and copies of the app, the newest first."""
    heroku = tools.heroku(stage)
    found = data.transfers(data.door(heroku.stage, heroku.token), heroku.app)
    if as_json:
        tools.printer.data(json.dumps([_told(each) for each in found], indent=2))
        return
    rows = [(each.name, each.kind, _state(each), size(each.bytes), _way(each), ago(each.created)) for each in found]
    tools.printer.table(("name", "what", "state", "size", "of", "when"), rows)


@like_ctrl_c()
def download(tools: Tools, *, which: str, stage: str, output_file: str) -> None:
    """Fetch a backup into a file, the newest if none is named; the file is there when it is whole."""
    heroku = tools.heroku(stage)
    door = data.door(heroku.stage, heroku.token)
    found = one(heroku, which)
    to = tools.config.file(output_file or f"{heroku.app}-{found.name}.dump")
    if to.exists():
        raise UsageError(
            f"{to} is there already", todo=f"./inv db.backups.download {found.name} --output another{heroku.stage.flag}"
        )
    began, part = time.monotonic(), to.with_name(f"{to.name}.part")
    half = "Nothing was kept of it."
    try:
        with part.open("wb") as file, tools.printer.transfer("download", found.bytes) as advance:
            part.chmod(0o600)
            downloads.fetch(door, lambda: data.public_url(door, heroku.app, found.number), file, least=found.bytes, told=advance)
        part.replace(to)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted", finding=half, todo="The same command does it from the start") from None
    except ToolbeltError as error:
        error.finding = "\n".join(filter(None, [error.finding, half]))
        raise
    except OSError as error:
        full = "Make room there, or name another place: --output FILE" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise ToolbeltError(f"{to} could not be written", finding=f"{error.strerror}. {half}", todo=full) from None
    finally:
        part.unlink(missing_ok=True)
    tools.printer.step("download", f"{to}, {size(to.stat().st_size)}", time.monotonic() - began)
    tools.printer.say(f"  It is not scrubbed. ./inv db.restore {to} scrubs it, and puts it into the stack's database.")


def delete(tools: Tools, *, which: str, stage: str, confirm: str) -> None:
    """Throw a backup away, for good."""
    heroku = tools.heroku(stage)
    found = one(heroku, which, whole=False)
    if found.finished is None:
        raise UsageError(f"{found.name} is being taken", todo=f"./inv db.backups.cancel {found.name}{heroku.stage.flag}")
    what = f"This throws the backup {found.name} of {heroku.app} away ({size(found.bytes)}, taken {ago(found.created)})"
    confirmed(tools, heroku.app, what=what, given=confirm, verb=f"db.backups.delete {found.name}{heroku.stage.flag}")
    data.delete(data.door(heroku.stage, heroku.token), heroku.app, found)
    tools.printer.step("delete", f"{found.name} of {heroku.app} is gone")


def cancel(tools: Tools, *, which: str, stage: str) -> None:
    """End a backup, a restore or a copy that is under way, the newest if none is named."""
    heroku = tools.heroku(stage)
    door = data.door(heroku.stage, heroku.token)
    there = data.transfers(door, heroku.app)
    found = next((each for each in there if each.name == which or (not which and each.finished is None)), None)
    if found is None or found.finished is not None:
        told = f"{found.name} has ended: {_state(found)}" if found else f"Nothing is under way at {heroku.app}"
        raise UsageError(told, todo=f"./inv db.backups{heroku.stage.flag} lists what there was")
    data.cancel(door, heroku.app, found)
    done = data.transfer(door, heroku.app, found.number)
    if done.succeeded:
        raise ToolbeltError(f"{found.name} came to its end before it could be cancelled")
    tools.printer.step("cancel", f"{found.name} of {heroku.app}, {size(done.bytes)} of a {found.kind}")
    if found.kind != BACKUP:
        tools.printer.warn(
            f"{found.target or 'the database'} may have half of what was to come, and nothing of what was there: "
            f"./inv db.restore puts a backup back"
        )


def first(tools: Tools, heroku: Heroku) -> None:
    """Take a backup before what is there goes. UsageError where there is nothing that Heroku could take one of."""
    if (took := backups.back_up(tools, heroku)) is None:
        raise _none(heroku)
    tools.printer.step("backup", f"{took} has what was there")


def one(heroku: Heroku, which: str, *, whole: bool = True) -> Transfer:
    """A backup by its name, the newest if none is named; whole: one that succeeded."""
    every = data.transfers(data.door(heroku.stage, heroku.token), heroku.app)
    there = [each for each in every if each.kind == BACKUP and (each.succeeded or not whole)]
    found = [each for each in there if which in ("", each.name)]
    if not found:
        names = ", ".join(each.name for each in there)
        headline = f"{heroku.app} has no backup {which}".rstrip()
        raise UsageError(headline, todo=f"There are: {names}" if names else f"./inv db.backup{heroku.stage.flag} takes one")
    return found[0]


def postgres(heroku: Heroku) -> Addon:
    """The app's Postgres; UsageError where it has none."""
    if (found := backups.database(heroku)) is None:
        raise _none(heroku)
    return found


def _none(heroku: Heroku) -> UsageError:
    return UsageError(f"{heroku.app} has no Postgres of Heroku's", todo=f"./inv addons{heroku.stage.flag}")


def _state(each: Transfer) -> str:
    if each.finished is None and not each.canceled:
        return "running"
    return "done" if each.succeeded else "cancelled" if each.canceled else "failed"


def _way(each: Transfer) -> str:
    return each.source if each.kind == BACKUP else f"{each.source} -> {each.target}"


def _told(each: Transfer) -> dict[str, object]:
    return {
        "name": each.name, "kind": each.kind, "state": _state(each), "bytes": each.bytes, "source": each.source,
        "target": each.target, "created_at": each.created.isoformat() if each.created else None,
    }  # fmt: skip
