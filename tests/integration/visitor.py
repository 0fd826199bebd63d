"""A visitor with a browser that has no JavaScript: cookies, forms, and the card of a key."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException, HTTPResponse
from http.cookiejar import CookieJar

from tests.waiting import until


class Visitor:
    """Keeps a session with the site at *base*, such as http://127.0.0.1:8000."""

    def __init__(self, base: str, headers: dict[str, str] | None = None) -> None:
        self.base = base
        self.headers = headers or {}
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body, after redirects; status 0 where nobody answers."""
        body = None if data is None else urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(self.base + path, data=body, headers={"Referer": self.base, **self.headers})
        try:
            try:
                response: HTTPResponse = self._opener.open(request, timeout=10)
                return response.status, response.read().decode(errors="replace")
            except urllib.error.HTTPError as refusal:
                return refusal.code, refusal.read().decode(errors="replace")
        except (OSError, HTTPException) as error:  # nobody there, or gone in the middle of the answer
            return 0, str(error)

    def ask(self) -> str:
        """Ask for a key and return its id."""
        status, page = self.open("/")
        assert status == 200, page
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page
        status, page = self.open("/keys/", {"csrfmiddlewaretoken": token[1]})
        assert status == 200, page
        key = re.search(r'id="key-([0-9a-f-]{36})"', page)
        assert key, page
        return key[1]

    def state(self, key: str) -> str:
        """Its state; empty while the site is not there, for it is starting again."""
        return self._read(key, r'data-state="(\w+)"')

    def value(self, key: str, *, seconds: float = 30) -> str:
        """Wait until the key is done and return it."""
        pattern = r'<code class="value">([^<]+)<'
        return until(lambda: self._read(key, pattern), what=f"key {key} is done", seconds=seconds)

    def _read(self, key: str, pattern: str) -> str:
        found = re.search(pattern, self.open(f"/keys/{key}/card/")[1])
        return html.unescape(found[1]) if found else ""
