"""The door to a container registry: an uploader of our own (https://distribution.github.io/distribution/spec/api/).

`docker push` cannot say beforehand what it will push, sends what the image store prefers, and reports a refusal as
a line of a successful answer (docker-py#3161, heroku/cli#3222).
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from toolbelt.addresses import is_local, is_safe
from toolbelt.artifacts.challenge import Challenge
from toolbelt.artifacts.contents import MANIFEST, Blob, Layer, Published
from toolbelt.backoff import pause
from toolbelt.errors import ToolbeltError
from toolbelt.secret import Secret

ATTEMPTS = 6
PIECE = 1 << 20  # bytes that are read at a time
LONGEST = 15.0  # seconds between two attempts
TIMES = httpx.Timeout(connect=10, read=60, write=60, pool=60)


class RegistryError(ToolbeltError):
    """The registry refuses, or does not answer; status_code is 0 in the latter case."""

    def __init__(self, headline: str, *, finding: str = "", todo: str = "", status_code: int = 0) -> None:
        super().__init__(headline, finding=finding, todo=todo)
        self.status_code = status_code


class Broken(Exception):
    """A connection that broke, or an answer that says to try again."""


class Stopped(Exception):
    """A person has ended the upload."""


@dataclass
class Traffic:
    """What went over the line: bytes of blobs and manifests, requests."""

    sent: int = 0
    requests: int = 0


class Auth(Challenge, httpx.Auth):
    """The challenge, as httpx wants it."""


class Registry:
    """One registry with one token. stopped ends uploads that run in other threads."""

    def __init__(
        self,
        base: str,
        token: Secret,
        *,
        flag: str = "",
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base = base
        self.flag = flag
        self.traffic = Traffic()
        self._origin = httpx.URL(base)
        self.stopped = threading.Event()
        self._sleep = sleep
        self._http = httpx.Client(
            transport=transport, timeout=TIMES, headers={"User-Agent": "djheroku"}, trust_env=not is_local(base)
        )
        self._auth = Auth(token, lambda url, params, auth: self._http.get(url, params=params, auth=auth))
        self._lock = threading.Lock()

    def close(self) -> None:
        self._http.close()

    # reading

    def manifest(self, repository: str, reference: str = "latest") -> tuple[bytes, dict[str, Any]] | None:
        """The manifest byte by byte, and parsed; None where there is none."""
        answer = self.send("GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": MANIFEST})
        if answer.status_code == 404:
            return None
        self.check(answer, "The registry does not show the image")
        try:
            found = answer.json()
        except ValueError:
            found = None
        return answer.content, found if isinstance(found, dict) else {}

    def known(self, repository: str) -> dict[str, Layer]:
        """The layers of the image that is in a repository, by diff id: so they need not be compressed to be known."""
        found = self.manifest(repository)
        if found is None or found[1].get("mediaType") != MANIFEST:
            return {}
        path = f"/v2/{repository}/blobs/{found[1]['config']['digest']}"
        answer = self.send("GET", path, follow_redirects=True)
        if answer.is_error:
            return {}
        try:
            diff_ids = answer.json()["rootfs"]["diff_ids"]
            blobs = [Blob(each["digest"], each["size"]) for each in found[1]["layers"]]
        except (ValueError, KeyError, TypeError):
            return {}
        return {diff_id: Layer(diff_id, blob) for diff_id, blob in zip(diff_ids, blobs, strict=False)}

    def has(self, repository: str, digest: str) -> bool:
        answer = self.send("HEAD", f"/v2/{repository}/blobs/{digest}", follow_redirects=True)
        if answer.status_code not in (200, 404):
            self.check(answer, "The registry does not say what it has")
        return answer.status_code == 200

    def download(self, repository: str, blob: Blob, to: Path) -> None:
        """Fetch a blob into a file that appears when it is whole and what it should be."""
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(f".part-{threading.get_ident()}-{to.name}")
        try:
            for attempt in range(ATTEMPTS):
                try:
                    found = self._download(repository, blob, part)
                    break
                except Broken as error:
                    if attempt == ATTEMPTS - 1:
                        raise self.silent(error) from None
                    self.pause(attempt)
            if found != blob.digest:
                raise RegistryError("The registry gives back another layer than it was asked for", finding=blob.digest)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)

    def _download(self, repository: str, blob: Blob, part: Path) -> str:
        """Its digest, as it came. A layer may be larger than this machine's memory: it comes in pieces."""
        digest = hashlib.sha256()
        path, headers = f"/v2/{repository}/blobs/{blob.digest}", {"Accept-Encoding": "identity"}
        with self.open(path, headers) as answer, part.open("wb") as file:
            if answer.is_error:
                answer.read()
            if again(answer):
                raise Broken(f"HTTP status {answer.status_code}")
            self.check(answer, f"The registry does not give back a layer: {repository}")
            for piece in answer.iter_raw(PIECE):
                if self.stopped.is_set():
                    raise Stopped
                digest.update(piece)
                file.write(piece)
        return f"sha256:{digest.hexdigest()}"

    @contextmanager
    def open(self, path: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Open an address for reading as it comes; Broken where it is cut."""
        self.traffic.requests += 1
        try:
            with self._http.stream("GET", self.base + path, headers=headers, auth=self._auth, follow_redirects=True) as answer:
                yield answer
        except httpx.RequestError as error:  # also of an answer that cannot be unpacked
            raise Broken(type(error).__name__) from None

    # writing

    def mount(self, repository: str, digest: str, *, source: str) -> bool:
        """Take a blob over from another repository of the same registry; False if it does not do that."""
        answer = self.send("POST", f"/v2/{repository}/blobs/uploads/", query={"mount": digest, "from": source}, content=b"")
        return answer.status_code == 201

    def publish(self, repository: str, image: Published, reference: str = "latest") -> None:
        """Put the manifest, read it back, and make sure that it is the one that was sent."""
        path = f"/v2/{repository}/manifests/{reference}"
        answer = self.send("PUT", path, content=image.manifest, headers={"Content-Type": MANIFEST})
        self.check(answer, f"The registry does not take the image: {repository}")
        self.count(len(image.manifest))
        found = self.manifest(repository, reference)
        back = found[1] if found else {}
        if back.get("mediaType") != MANIFEST or back.get("config", {}).get("digest") != image.digest:
            raise RegistryError(
                f"The registry does not give back the image that it was given: {repository}",
                finding=f"mediaType {back.get('mediaType')!r}, config {back.get('config', {}).get('digest')!r}"
                f"\nsent:     {MANIFEST!r}, config {image.digest!r}",
            )

    def count(self, size: int) -> None:
        """So many bytes have gone up."""
        with self._lock:
            self.traffic.sent += size

    def forget(self) -> None:
        """Ask for a new token of the registry's own."""
        self._auth.forget()

    # what uploads.py builds on

    def location(self, answer: httpx.Response, fallback: str = "") -> str:
        """Where the registry wants an upload to go on; ``fallback`` if it does not say."""
        place = answer.headers.get("Location") or fallback
        if not place:
            raise RegistryError("The registry does not say where to send a layer to")
        joined = str(answer.url.join(place))
        if not is_safe(joined):
            raise RegistryError("The registry wants the layers over an open line", finding=urlsplit(joined).netloc)
        return joined

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Callable[[], Iterator[bytes]] | None = None,
        retried: bool = True,
        **rest: Any,
    ) -> httpx.Response:
        """One request; tried again after 429, 5xx and broken connections: all of the API may be repeated."""
        url = httpx.URL(path if "://" in path else self.base + path).copy_merge_params(query or {})
        mine = (url.host, url.port) == (self._origin.host, self._origin.port)
        for attempt in range(ATTEMPTS if retried else 1):
            last = not retried or attempt == ATTEMPTS - 1
            if self.stopped.is_set():
                raise Stopped
            self.traffic.requests += 1
            try:
                if body:
                    rest["content"] = body()
                answer = self._http.request(method, url, auth=self._auth if mine else None, **rest)
            except httpx.RequestError as error:  # also of an answer that cannot be unpacked
                broken = Broken(type(error).__name__)
                if not retried:
                    raise broken from None
                if last:
                    raise self.silent(broken) from None
            else:
                if last or not again(answer):
                    return answer
            self.pause(attempt)
        raise AssertionError("not reached")

    def pause(self, attempt: int) -> None:
        self._sleep(pause(attempt, longest=LONGEST))

    def silent(self, error: Broken) -> RegistryError:
        return RegistryError(
            f"{urlsplit(self.base).netloc} does not answer",
            finding=str(error),
            todo="Type the same again: what has arrived is not sent again",
        )

    def check(self, answer: httpx.Response, headline: str) -> None:
        if answer.is_error:
            raise self._error(answer, headline)

    def _error(self, answer: httpx.Response, headline: str) -> RegistryError:
        finding = f"HTTP status {answer.status_code}: {_said(answer)}"
        todo = "Type the same again: what has arrived is not sent again"
        if answer.status_code in (401, 403):
            headline = "The registry does not accept the token"
            todo = f"./inv whoami{self.flag} tells whose it is; ./inv login{self.flag} stores a new one"
        elif "unsupported" in finding.lower() or answer.status_code in (405, 415):
            todo = "Heroku's registry takes Docker's manifest v2 schema 2 only, and only for apps on the stack container"
        elif "name_unknown" in finding.lower() or answer.status_code == 404:
            todo = f"Is there such an app, and is its stack container? ./inv releases{self.flag}"
        return RegistryError(headline, finding=finding, todo=todo, status_code=answer.status_code)


def again(answer: httpx.Response) -> bool:
    return answer.status_code == 429 or answer.status_code >= 500


def _said(answer: httpx.Response) -> str:
    """The registry's own words: a list of errors, or just one word."""
    try:
        errors = json.loads(answer.text)["errors"]
        return "; ".join(f"{each.get('message') or ''} ({each.get('code') or ''})".strip() for each in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.text.strip()[:300] or answer.reason_phrase
