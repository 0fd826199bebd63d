"""Verbs on domains: list, add (with the DNS record to make), remove."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from toolbelt.commands.apps import certificates
from toolbelt.commands.confirming import confirm as confirmed
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import domains
from toolbelt.heroku.domains import Domain
from toolbelt.tools import Heroku, Tools

TARGET = 30.0  # seconds that a domain's DNS target may take
LOOK = 1.0  # seconds between two looks for it


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
    """Add a domain, print the DNS record to make, and with wait return when the certificate is there.

    With wait, Heroku's management of certificates is switched on where it is off: nothing else would bring one.
    """
    heroku = tools.heroku(stage)
    found = domains.find(heroku.client, heroku.app, hostname)
    made = found or domains.add(heroku.client, heroku.app, hostname)
    tools.printer.step("domain", f"{made.hostname} was there already" if found else f"{made.hostname} of {heroku.app}")
    made = _pointed(tools, heroku, made)
    tools.printer.facts([("record", _kind(made)), ("name", made.hostname), ("value", made.target or "not told yet")])
    on = domains.managed(heroku.client, heroku.app)
    if wait:
        if not on:
            _begin(tools, heroku, made)
        certificates.await_(tools, heroku, [made.hostname], patience)
    elif not on:
        tools.printer.say(f"  no certificate is asked for: {certificates.VERB} on{heroku.stage.flag} lets Heroku see to it")
    elif made.certificate not in certificates.READY:
        told = f"its certificate: {made.certificate or 'waiting'}"
        tools.printer.say(f"  {told}; {certificates.VERB} --wait{heroku.stage.flag} returns when it is there")


def _pointed(tools: Tools, heroku: Heroku, made: Domain) -> Domain:
    """The domain with its DNS target, which Heroku makes in the background, as a rule within seconds."""
    deadline = time.monotonic() + TARGET
    try:
        while not made.target and made.kind == "custom" and time.monotonic() < deadline:
            heroku.client.sleep(LOOK)
            made = domains.find(heroku.client, heroku.app, made.hostname) or made
    except KeyboardInterrupt:
        raise Interrupted(
            f"{made.hostname} is added, and Heroku is still making its DNS target",
            todo=f"./inv domains{heroku.stage.flag} tells it",
        ) from None
    if not made.target:
        tools.printer.warn(f"Heroku has no DNS target for {made.hostname} yet: ./inv domains{heroku.stage.flag} tells it")
    return made


def _begin(tools: Tools, heroku: Heroku, made: Domain) -> None:
    """Switch the management of certificates on, unless that would take the place of what somebody has brought."""
    if own := domains.brought(heroku.client, heroku.app):
        raise ToolbeltError(
            f"{made.hostname} is added; no certificate of Heroku's is on its way",
            finding=f"{heroku.app} has brought certificates of its own, which Heroku's would replace: {', '.join(own)}",
            todo=f"If that is meant: {certificates.VERB} on --wait{heroku.stage.flag}",
        )
    certificates.begin(tools, heroku)


def _kind(domain: Domain) -> str:
    """Which record: a name with nothing in front of it may have no CNAME (RFC 1034, section 3.6.2)."""
    return "CNAME" if domain.hostname.count(".") > 1 else "ALIAS or ANAME (a CNAME may not stand at the root of a zone)"


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
