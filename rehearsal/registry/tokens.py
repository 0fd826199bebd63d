"""Who may speak to the registry: whoever has the account's token, by Basic, or by a short-lived Bearer token for it.

A Bearer token is good for what it was asked for, and for nothing else
(https://distribution.github.io/distribution/spec/auth/scope/).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import BasicAuth, web

VALID = 300  # seconds
# "repository:APP/TYPE:pull,push" in a request for a token; (repository, action) where a right is needed.
Right = tuple[str, str]


class Tokens:
    """Bearer tokens are signed with the account's token, so that none need be remembered."""

    def __init__(self, account_token: str) -> None:
        self._account = account_token

    def issue(self, scopes: Sequence[str]) -> web.Response:
        expires = str(int(time.time()) + VALID)
        told = f"{expires}.{secrets.token_hex(8)}.{urlsafe_b64encode(' '.join(scopes).encode()).decode()}"
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

    def allows(self, request: web.Request, needed: Sequence[Right] = ()) -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return self.basic(request)
        told, _, signature = given.rpartition(".")
        if not hmac.compare_digest(signature, self._sign(told)):
            return False
        expires, _, scopes = told.split(".")
        return int(expires) > time.time() and set(needed) <= rights(urlsafe_b64decode(scopes).decode())

    def _sign(self, told: str) -> str:
        return hmac.new(self._account.encode(), told.encode(), hashlib.sha256).hexdigest()


def rights(scopes: str) -> set[Right]:
    """What a list of scopes, with blanks between them, gives a right to."""
    found = set()
    for scope in scopes.split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        found |= {(name, action) for action in actions.split(",") if kind == "repository"}
    return found


def needed(request: web.Request) -> list[Right]:
    """The rights that a request to a repository needs; a mount needs to read the repository that it is from."""
    if "app" not in request.match_info:
        return []
    name = f"{request.match_info['app']}/{request.match_info['type']}"
    wanted = [(name, "pull")] if request.method in ("GET", "HEAD") else [(name, "pull"), (name, "push")]
    source = request.query.get("from", "")
    return [*wanted, (source, "pull")] if source else wanted
