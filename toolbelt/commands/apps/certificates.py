"""The verb domains.certificates: Heroku's own management of an app's certificates, and waiting for what it does."""

from __future__ import annotations

import json
import time
from collections.abc import Collection

from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import domains
from toolbelt.heroku.domains import Domain
from toolbelt.tools import Heroku, Tools

SWITCHES = ("on", "off", "refresh")
READY = ("cert issued", "ok")
FAILED = "failed"  # Heroku has given up; "failing" is tried again
SOON, SELDOM = 2.0, 15.0  # seconds between two looks, in the first minute and later
VERB = "./inv domains.certificates"


def certificates(
    tools: Tools, *, switch: str, stage: str, wait: bool, patience: float, confirm: str, as_json: bool = False
) -> None:
    """Switch the management on or off, ask it anew, or tell how far it is; with wait, return when all are there."""
    heroku = tools.heroku(stage)
    if switch not in ("", *SWITCHES):
        raise UsageError(f"{switch!r} is none of {', '.join(SWITCHES)}", todo=f"{VERB} on{heroku.stage.flag}")
    if as_json and (switch or wait):
        raise UsageError("--json tells how far it is, and does nothing else", todo=f"{VERB} --json{heroku.stage.flag}")
    if switch == "off":
        _off(tools, heroku, confirm)
        return
    on = domains.managed(heroku.client, heroku.app)
    if switch == "on" and not on:
        begin(tools, heroku)
    elif switch == "refresh":
        _needed(heroku, on)
        domains.refresh(heroku.client, heroku.app)
        tools.printer.step("https", f"Heroku asks anew for what {heroku.app} has not")
    elif wait:
        _needed(heroku, on)
    if wait:
        await_(tools, heroku, [each.hostname for each in _own(heroku)], patience)
    else:
        _tell(tools, heroku, on=on or switch == "on", as_json=as_json)


def begin(tools: Tools, heroku: Heroku) -> None:
    """Switch the management on; where Heroku refuses, it says why."""
    domains.manage(heroku.client, heroku.app, on=True)
    tools.printer.step("https", f"on: Heroku sees to the certificates of {heroku.app}, and renews them")


def _off(tools: Tools, heroku: Heroku, confirm: str) -> None:
    """As with the CLI, once the app's name has been typed: its domains are left without a certificate."""
    what = f"Heroku takes its certificates away: visitors of {heroku.app}'s own domains see a warning, not the site"
    confirmed(tools, heroku.app, what=what, given=confirm, verb=f"domains.certificates off{heroku.stage.flag}")
    domains.manage(heroku.client, heroku.app, on=False)
    tools.printer.step("https", f"off: {heroku.app} is to bring its own certificates")


def _needed(heroku: Heroku, on: bool) -> None:
    if not on:
        raise ToolbeltError(
            f"Heroku does not see to the certificates of {heroku.app}", todo=f"{VERB} on --wait{heroku.stage.flag}"
        )


def _own(heroku: Heroku) -> list[Domain]:
    return [each for each in domains.every(heroku.client, heroku.app) if each.kind == "custom"]


def _tell(tools: Tools, heroku: Heroku, *, on: bool, as_json: bool) -> None:
    found = _own(heroku)
    if as_json:
        told = [{"hostname": each.hostname, "certificate": each.certificate, "reason": each.reason} for each in found]
        tools.printer.data(json.dumps({"managed": on, "domains": told}, indent=2))
        return
    tools.printer.facts([("management", "on" if on else f"off ({VERB} on{heroku.stage.flag})")])
    if not found:
        tools.printer.say(f"{heroku.app} has no domain of its own yet: ./inv domains.add www.example.com{heroku.stage.flag}")
        return
    rows = [(each.hostname, each.certificate or ("waiting" if on else "none"), each.reason) for each in found]
    tools.printer.table(("domain", "certificate", "reason"), rows)


def await_(tools: Tools, heroku: Heroku, hostnames: Collection[str], patience: float) -> None:
    """Return when each of these domains has its certificate.

    Raises DeployFailed where Heroku has given one up, with its reason, or where it takes longer than patience (seconds).
    """
    began, said = time.monotonic(), dict.fromkeys(hostnames, "")
    while True:
        try:
            found = [each for each in _own(heroku) if each.hostname in said]
            for each in found:
                _progress(tools, each, said, time.monotonic() - began)
            left = [each for each in found if each.certificate not in (*READY, FAILED)]
            if left and time.monotonic() - began <= patience:
                heroku.client.sleep(SOON if time.monotonic() - began < 60 else SELDOM)
                continue
        except KeyboardInterrupt:
            raise Interrupted(
                "Interrupted: not every certificate is there yet",
                finding="The domains are added, and Heroku goes on with their certificates.",
                todo=f"{VERB} --wait{heroku.stage.flag} waits again",
            ) from None
        _ended(heroku, found, left, patience)
        return


def _progress(tools: Tools, each: Domain, said: dict[str, str], took: float) -> None:
    """Every change once, with Heroku's reason where it tells one."""
    told = ": ".join(filter(None, [each.certificate or "waiting", each.reason]))
    if told == said[each.hostname]:
        return
    said[each.hostname] = told
    if each.certificate in READY:
        tools.printer.step("https", f"{each.hostname}: {told}", took)
    elif each.certificate != FAILED:
        tools.printer.doing("https", f"{each.hostname}: {told}")


def _ended(heroku: Heroku, found: list[Domain], left: list[Domain], patience: float) -> None:
    flag = heroku.stage.flag
    lines = [
        f"{each.hostname}: {each.reason or each.certificate or 'waiting'} (its DNS record must point to {each.target})"
        for each in found
        if each.certificate not in READY
    ]
    if failed := [each.hostname for each in found if each.certificate == FAILED]:
        raise DeployFailed(
            f"Heroku has given up on a certificate for {', '.join(failed)}",
            finding="\n".join(lines),
            todo=f"Set the DNS record right, then: {VERB} refresh --wait{flag}",
        )
    if left:
        raise DeployFailed(
            f"{', '.join(each.hostname for each in left)}: no certificate after {patience:g} s",
            finding="\n".join([*lines, "Heroku goes on with it: it may take an hour once the record is right."]),
            todo=f"{VERB} --wait{flag} waits again",
        )
