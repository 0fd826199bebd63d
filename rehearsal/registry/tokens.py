"""Who may speak to the registry: whoever has the account's token, by Basic, or by a short-lived Bearer token for it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime

from aiohttp import BasicAuth, web

VALID = 300  # seconds


class Tokens:
    """Bearer tokens are signed with the account's token, so that none need be remembered."""

    def __init__(self, account_token: str) -> None:
        self._account = account_token

    def issue(self) -> web.Response:
        expires = str(int(time.time()) + VALID)
        told = f"{expires}.{secrets.token_hex(8)}"
        token = f"{told}.{self._sign(told)}"
        issued = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return web.json_response({"token": token, "access_token": token, "expires_in": VALID, "issued_at": issued})

    def basic(self, request: web.Request) -> bool:
        """Any user name (docker login sends `_`, the CLI none); the password is the account's token."""
        try:
            given = BasicAuth.decode(request.headers.get("Authorization", "")).password
        except ValueError:
            return False
        return hmac.compare_digest(given.encode(), self._account.encode())

    def known(self, request: web.Request) -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return self.basic(request)
        told, _, signature = given.rpartition(".")
        expires = told.partition(".")[0]
        return hmac.compare_digest(signature, self._sign(told)) and expires.isdigit() and int(expires) > time.time()

    def _sign(self, told: str) -> str:
        return hmac.new(self._account.encode(), told.encode(), hashlib.sha256).hexdigest()
