"""Verbs that change what runs: ps.scale, ps.restart, ps.stop, ps.wait."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence

from toolbelt.doctor.known import MEMORY, RETIRED_SIZES
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import dynos, formation, releases
from toolbelt.heroku.dynos import Dyno
from toolbelt.heroku.formation import Row
from toolbelt.heroku.refusals import Unprocessable
from toolbelt.tools import Heroku, Tools

# web=2, worker+1, web=2:standard-2x, worker=standard-1x: as `heroku ps:scale` and `ps:type` take them.
WISH = re.compile(r"^(?P<type>[\w-]+)(?P<sign>[=+-])(?:(?P<quantity>\d+)(?::(?P<size>[\w-]+))?|(?P<only>[A-Za-z][\w-]*))$")
UP = ("up", "idle")
SIZES = f"Sizes: {', '.join(name for name in MEMORY if name not in RETIRED_SIZES)}; of eco and basic one dyno of a process type"


def scale(tools: Tools, *, wishes: Sequence[str], stage: str) -> None:
    """Set quantities and sizes, all in one call; without a wish, show them."""
    heroku = tools.heroku(stage)
    rows = formation.every(heroku.client, heroku.app)
    if wishes:
        wanted = _wanted(heroku, rows, wishes)
        try:
            formation.scale(heroku.client, heroku.app, wanted)
        except Unprocessable as error:
            error.todo = error.todo or f"{SIZES}; ./inv ps.scale{heroku.stage.flag} shows what there is"
            raise
        rows = formation.every(heroku.client, heroku.app)
    tools.printer.table(("process type", "dynos", "size"), [(row.type, str(row.quantity), row.size) for row in rows])


def restart(tools: Tools, *, which: str, stage: str) -> None:
    """Restart every dyno, those of a process type, or one."""
    heroku = tools.heroku(stage)
    _chosen(heroku, which)
    dynos.restart(heroku.client, heroku.app, which)
    tools.printer.step("restart", f"{which or 'all dynos'} of {heroku.app}; ./inv ps.wait{heroku.stage.flag} waits for them")


def stop(tools: Tools, *, which: str, stage: str) -> None:
    """Stop a dyno, or those of a process type; those of the formation come back with the next restart or release."""
    heroku = tools.heroku(stage)
    if not which:
        raise UsageError(
            "Which dyno?", todo=f"./inv ps{heroku.stage.flag} lists them; ./inv ps.scale web=0 ends all of a type for good"
        )
    _chosen(heroku, which)
    dynos.stop(heroku.client, heroku.app, which)
    tools.printer.step("stop", f"{which} of {heroku.app}")


def wait(tools: Tools, *, process: str, stage: str, patience: float) -> None:
    """Return when every dyno is up with the newest release; exit status 1 if one crashes, or it takes too long."""
    heroku = tools.heroku(stage)
    client, app = heroku.client, heroku.app
    began = time.monotonic()
    release = releases.running(client, app)
    if release is None:
        raise UsageError(f"Nothing was released to {app} yet", todo=f"./inv deploy{heroku.stage.flag}")
    said = ""
    while True:
        rows = formation.every(client, app)
        if process and process not in (names := [row.type for row in rows]):
            raise UsageError(f"{app} has no process type {process}", todo=f"There are: {', '.join(names) or 'none'}")
        wanted = {row.type: row.quantity for row in rows if row.quantity and process in ("", row.type)}
        found = [dyno for dyno in dynos.every(client, app) if dyno.version >= release.version and dyno.type in wanted]
        if crashed := [dyno for dyno in found if dyno.state == "crashed"]:
            todo = f"./inv logs {crashed[0].name}{heroku.stage.flag}"
            raise DeployFailed(f"{crashed[0].name} of {release.name} crashed", todo=todo)
        told = ", ".join(f"{name} {_up(found, name)} of {quantity}" for name, quantity in wanted.items()) or "nothing is to run"
        if all(_up(found, name) >= quantity for name, quantity in wanted.items()):
            break
        if time.monotonic() - began > patience:
            raise DeployFailed(f"Not up after {patience:g} s: {told}", todo=f"./inv logs{heroku.stage.flag}")
        if told != said:
            tools.printer.doing("wait", told)
            said = told
        client.sleep(1)
    tools.printer.step("wait", f"{told}, {release.name}", time.monotonic() - began)


def _up(found: Sequence[Dyno], name: str) -> int:
    return sum(dyno.type == name and dyno.state in UP for dyno in found)


def _wanted(heroku: Heroku, rows: Sequence[Row], wishes: Sequence[str]) -> Mapping[str, tuple[int, str]]:
    """Raises UsageError with every complaint at once."""
    there = {row.type: row for row in rows}
    wanted: dict[str, tuple[int, str]] = {}
    complaints = []
    for wish in wishes:
        found = WISH.match(wish)
        if found is None or (found["only"] and found["sign"] != "="):
            complaints.append(f"{wish!r}: web=2, worker+1, web=2:standard-1x or web=standard-1x")
        elif found["type"] not in there:
            complaints.append(
                f"{found['type']}: {heroku.app} has no such process type, but {', '.join(there) or 'none at all yet'}"
            )
        else:
            before = there[found["type"]].quantity
            given = int(found["quantity"]) if found["quantity"] else before
            quantity = {"=": given, "+": before + given, "-": max(0, before - given)}[found["sign"]]
            wanted[found["type"]] = (quantity, found["size"] or found["only"] or "")
    if complaints:
        raise UsageError(
            "Nothing was scaled", finding="\n".join(complaints), todo=f"./inv ps.scale{heroku.stage.flag} shows what there is"
        )
    return wanted


def _chosen(heroku: Heroku, which: str) -> None:
    """Raises UsageError for a name that is neither a dyno nor a process type."""
    if not which:
        return
    found = dynos.every(heroku.client, heroku.app)
    names = sorted({dyno.name for dyno in found} | {dyno.type for dyno in found})
    if which not in names:
        raise UsageError(f"{heroku.app} has no dyno {which}", todo=f"There are: {', '.join(names) or 'none'}")
