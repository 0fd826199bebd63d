"""What an add-on's server must be able to do, whatever it runs in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Protocol

from rehearsal.catalogue import Plan

CONNECTIONS = {"heroku-postgresql": 20, "heroku-redis": 20}  # of the smallest plans; larger ones have more
START = 60.0  # seconds until a server must answer


class Server(Protocol):
    """The server of one add-on."""

    async def start(self) -> str:
        """Start it with the data that it had; returns its URL. Raises RuntimeError with a sentence."""
        ...

    async def stop(self) -> None:
        """End it; its data stays."""
        ...

    async def destroy(self) -> None:
        """End it and throw its data away."""
        ...


def secrets_of(plan: Plan, config: Mapping[str, str]) -> dict[str, Any]:
    """What is made up once for a new server: names, passwords, version."""
    letter = "abcdefghijklmnopqrstuvwxyz"
    return {
        "user": f"u{secrets.token_hex(6)}",
        "database": f"d{secrets.token_hex(6)}",
        "password": f"p{secrets.token_hex(32)}",
        "root_password": secrets.token_hex(24),
        "color": secrets.choice(("AQUA", "AMBER", "BLUE", "COBALT", "GOLD", "JADE", "ONYX", "PINK", "ROSE", "TEAL")),
        "number": f"{secrets.choice(letter)}{secrets.randbelow(90000) + 10000}",
        "version": config.get("version") or {"heroku-postgresql": "18", "heroku-redis": "9"}[plan.service],
        "port": 0,
    }


def connections(plan: str) -> int:
    """How many connections a plan allows (a round number for those that are larger than small)."""
    service, _, name = plan.partition(":")
    if name in ("essential-2",):
        return 40
    if name.startswith("essential") or name == "mini":
        return CONNECTIONS[service]
    return 120
