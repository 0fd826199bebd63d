"""Automated certificate management: how far it is with a domain, told by the clock or held by a test.

No certificate is made, and no DNS record is looked at: the router speaks HTTP only. The names of the states are those
that the CLI knows (heroku/cli, src/commands/certs/auto and src/lib/domains): it waits until each domain's is ``cert issued``
or ``failed``, and takes ``failing`` for one that is tried again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rehearsal.catalogue import fixed_id
from rehearsal.records import Domain
from rehearsal.settings import Settings

STATES = ("pending", "in-progress", "dns-verified", "cert issued")  # each for certificate_step seconds, the last for good
ISSUED = ("cert issued", "ok")
ISSUER = "a rehearsal"
CHAIN = "-----BEGIN CERTIFICATE-----\nnone is made in a rehearsal\n-----END CERTIFICATE-----\n"
VALID = timedelta(days=90)


def state(domain: Domain, settings: Settings) -> tuple[str | None, str | None]:
    """acm_status and acm_status_reason; None where there is nothing to tell."""
    if not domain.asked:
        return None, None
    if domain.held:
        return domain.held[0], domain.held[1] or None
    steps = int((time.time() - domain.asked) / settings.certificate_step) if settings.certificate_step else len(STATES)
    return STATES[max(0, min(steps, len(STATES) - 1))], None


def is_adding(domain: Domain, settings: Settings) -> bool:
    """Heroku makes the DNS target in the background: ``heroku domains:add`` waits for it."""
    if not settings.domain_adding:
        return False
    made = datetime.fromisoformat(domain.created_at)
    return (datetime.now(UTC) - made).total_seconds() < settings.domain_adding


def endpoint(app_id: str) -> dict[str, str]:
    """Id and name of the SNI endpoint of an app's managed certificate."""
    return {"id": fixed_id("sni-endpoint", app_id), "name": f"managed-{app_id[:8]}"}


def validity(domains: Sequence[Domain]) -> tuple[str, str]:
    """From when until when the certificate for these domains holds, as Heroku writes times."""
    first = datetime.fromtimestamp(max(each.asked for each in domains), UTC)
    return f"{first:%Y-%m-%dT%H:%M:%SZ}", f"{first + VALID:%Y-%m-%dT%H:%M:%SZ}"
