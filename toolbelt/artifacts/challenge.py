"""A registry's challenge, Basic or Bearer, answered with the token
(https://distribution.github.io/distribution/spec/auth/token/)."""

from __future__ import annotations

import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Generator
from typing import Any

from toolbelt.addresses import is_safe
from toolbelt.errors import ToolbeltError
from toolbelt.secret import Secret

USER = "_"  # as the Heroku CLI logs in: any name will do
PARAMETER = re.compile(r'(\w+)="([^"]*)"')
# Given an address, parameters, and a name with a password: the answer.
Fetch = Callable[[str, dict[str, str | list[str]], tuple[str, str]], Any]


class Challenge:
    """Answers challenges, and keeps what it was given for each scope; the token is unwrapped only for a header."""

    def __init__(self, token: Secret, fetch: Fetch) -> None:
        self._token = token
        self._fetch = fetch
        self._known: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._basic = False

    def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        scope = scope_of(request.url.path, request.url.params.get("from") or "")
        if (header := self._header(scope)) is not None:
            request.headers["Authorization"] = header
        answer = yield request
        if answer.status_code != 401:
            return
        solved = self._solve(answer.headers.get("WWW-Authenticate", ""), scope)
        if not solved or request.method == "PATCH":  # its body is used up: the uploader begins it again
            return
        request.headers["Authorization"] = self._header(scope) or ""
        yield request

    def forget(self) -> None:
        """Ask anew: what we were given is no longer taken."""
        with self._lock:
            self._known.clear()

    def _header(self, scope: str) -> str | None:
        with self._lock:
            if self._basic:
                return f"Basic {b64encode(f'{USER}:{self._token.reveal()}'.encode()).decode()}"
            token, until = self._known.get(scope, ("", 0.0))
        return f"Bearer {token}" if token and time.monotonic() < until else None

    def _solve(self, challenge: str, scope: str) -> bool:
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic":
            with self._lock:
                first, self._basic = not self._basic, True
            return first
        if kind.lower() != "bearer":
            return False
        said = dict(PARAMETER.findall(rest))
        realm = said.pop("realm", "")
        if not is_safe(realm):
            raise ToolbeltError("The registry asks for the token over an open line", finding=f"realm {realm!r}")
        wanted = scope or said.get("scope", "")
        # One parameter for each scope: a mount needs rights on two repositories.
        answer = self._fetch(realm, {**said, "scope": wanted.split()}, (USER, self._token.reveal()))
        if answer.is_error:
            return False
        found = answer.json()
        # Without expires_in it is 60 seconds; a part of it is left for the request that is about to begin.
        until = time.monotonic() + float(found.get("expires_in") or 60) * 0.8
        with self._lock:
            self._known[scope] = (found.get("token") or found.get("access_token") or "", until)
        return True


def scope_of(path: str, source: str) -> str:
    """What a request needs the right to: its repository, and the one that it mounts from."""
    found = re.match(r"/v2/(.+?)/(?:blobs|manifests)/", path)
    if found is None:
        return ""
    return f"repository:{found[1]}:pull,push" + (f" repository:{source}:pull" if source else "")
