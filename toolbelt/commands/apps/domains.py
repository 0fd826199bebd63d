"""Verbs on domains: list, add (with the DNS record to make), remove."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import domains
from toolbelt.heroku.domains import Domain
from toolbelt.tools import Tools

READY = ("cert issued", "ok")
FAILED = ("failed", "failing")


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Every hostname, what its DNS record must point to, and its certificate."""
    heroku = tools.heroku(stage)
    found = domains.every(heroku.client, heroku.app)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [(each.hostname, each.kind, each.target, each.certificate) for each in found]
    tools.printer.table(("domain", "kind", "DNS target", "certificate"), rows)


def add(tools: Tools, *, hostname: str, stage: str, wait: bool, patience: float) -> None:
    """Add a domain, print the DNS record to make, and with wait return when the certificate is there."""
    heroku = tools.heroku(stage)
    found = domains.find(heroku.client, heroku.app, hostname)
    made = found or domains.add(heroku.client, heroku.app, hostname)
    tools.printer.step("domain", f"{made.hostname} was there already" if found else f"{made.hostname} of {heroku.app}")
    tools.printer.facts([("record", _kind(made)), ("name", made.hostname), ("value", made.target or "not told yet")])
    if wait:
        _certified(tools, stage, made, patience)
    elif made.certificate not in ("", *READY):
        tools.printer.say(f"  its certificate: {made.certificate}; ./inv domains.add {made.hostname}{heroku.stage.flag} --wait")


def _kind(domain: Domain) -> str:
    """Which record: a name with nothing in front of it may have no CNAME (RFC 1034, section 3.6.2)."""
    return "CNAME" if domain.hostname.count(".") > 1 else "ALIAS or ANAME (a CNAME may not stand at the root of a zone)"


def _certified(tools: Tools, stage: str, domain: Domain, patience: float) -> None:
    heroku = tools.heroku(stage)
    began, said = time.monotonic(), ""
    while True:
        found = domains.find(heroku.client, heroku.app, domain.hostname) or domain
        if found.certificate in READY or not found.certificate:
            note = found.certificate or "none is asked for: the app has no automatic certificate management"
            tools.printer.step("certificate", note, time.monotonic() - began)
            return
        if found.certificate in FAILED or time.monotonic() - began > patience:
            raise DeployFailed(
                f"{domain.hostname} has no certificate",
                finding=f"{found.certificate}: {found.reason or 'no reason is told'}",
                todo=f"Does its DNS record point to {found.target}? Then type the same again.",
            )
        if found.certificate != said:
            tools.printer.doing("certificate", said := found.certificate)
        heroku.client.sleep(2)


def remove(tools: Tools, *, hostname: str, stage: str, confirm: str) -> None:
    """Remove a domain; on a protected stage once the app's name has been typed."""
    heroku = tools.heroku(stage)
    found = domains.find(heroku.client, heroku.app, hostname)
    if found is None:
        there = ", ".join(each.hostname for each in domains.every(heroku.client, heroku.app))
        raise UsageError(f"{heroku.app} has no domain {hostname}", todo=f"There are: {there}")
    if heroku.stage.protected:
        what = f"Visitors of {found.hostname} will find nothing there"
        confirmed(tools, heroku.app, what=what, given=confirm, verb=f"domains.remove {found.hostname}{heroku.stage.flag}")
    domains.remove(heroku.client, heroku.app, found.hostname)
    tools.printer.step("domain", f"{found.hostname} is no longer one of {heroku.app}")
