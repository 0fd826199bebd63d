"""The hours that the Eco dynos of an account share in a month.

The Platform API's schema does not have this call: it is the CLI's own (heroku/cli, src/commands/ps/index.ts).
"""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client
from toolbelt.heroku.refusals import Refused

ACCEPT = "application/vnd.heroku+json; version=3.account-quotas"


@dataclass(frozen=True)
class Quota:
    """Seconds of Eco dynos in this calendar month: what the account has, and what all its apps have used of it."""

    whole: int
    used: int

    @property
    def left(self) -> int:
        return max(self.whole - self.used, 0)


def eco(client: Client, owner: str) -> Quota | None:
    """Of the account with this id, an app's owner; None where it is not told: to its owner only."""
    try:
        found = client.get(f"/accounts/{owner}/actions/get-quota", accept=ACCEPT)
        return Quota(int(found["account_quota"]), int(found["quota_used"]))
    except (Refused, KeyError, TypeError, ValueError):
        return None
