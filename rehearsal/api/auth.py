"""Who asks: the one account of the rehearsal, by its token."""

from __future__ import annotations

import base64
import binascii
import hmac

from aiohttp import web

from rehearsal.world import World


def token_of(request: web.Request) -> str | None:
    """The token in a request: ``Bearer TOKEN``, or ``Basic`` with any user and the token as password."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        return decoded.partition(":")[2]
    return None


def allowed(world: World, request: web.Request) -> bool:
    """Whether the request has the account's token, and the token has not been made to expire."""
    token = token_of(request) or ""
    return hmac.compare_digest(token.encode(), world.token.encode()) and not world.faults.token_expired()
