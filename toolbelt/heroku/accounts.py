"""The account that a token belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client


@dataclass(frozen=True)
class Account:
    email: str
    name: str
    verified: bool
    two_factor: bool


def info(client: Client) -> Account:
    found = client.get("/account")
    return Account(
        email=found["email"],
        name=found.get("name") or "",
        verified=bool(found.get("verified")),
        two_factor=bool(found.get("two_factor_authentication")),
    )


def remaining(client: Client) -> int:
    """Calls that the account may make at once; asking costs none."""
    return int(client.get("/account/rate-limits")["remaining"])
