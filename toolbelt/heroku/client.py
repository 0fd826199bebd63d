"""The door to Heroku's API, and to the addresses that it hands out for streams and uploads."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from toolbelt.addresses import is_local, shown
from toolbelt.backoff import pause
from toolbelt.heroku.refusals import Refused, Unreachable, refusal
from toolbelt.secret import Secret

T = TypeVar("T")
Json = Mapping[str, Any]

V3 = "application/vnd.heroku+json; version=3"
DOCKER_RELEASES = "application/vnd.heroku+json; version=3.docker-releases"
AGENT = "djheroku"
PAGE = 1000  # Heroku's maximum
ATTEMPTS = 6
LONGEST = 30.0  # seconds between two attempts, unless Heroku names a longer time
LIMIT = 90.0  # of a wait that Heroku names
# A repeat of these changes nothing more (RFC 9110, section 9.2.2).
HARMLESS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
TIMES = httpx.Timeout(connect=10, read=30, write=60, pool=30)

# httpx would tell whole addresses, among them such as carry a signature, to whoever has turned logging on.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Bearer(httpx.Auth):
    """Unwraps the token at the last moment, so that it is in no header that anybody else has in hand."""

    def __init__(self, token: Secret) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.token.reveal()}"
        yield request


class Loopback(httpx.HTTPTransport):
    """Takes NAME.localhost to this machine itself (RFC 6761): not every resolver does."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.endswith(".localhost"):
            request.url = request.url.copy_with(host="127.0.0.1")  # the header Host has been set and stays
        return super().handle_request(request)


class Cut(Exception):
    """A stream has ended in its middle."""


class Client:
    """Speaks to one API with one token; counts its ``calls``.

    flag: what next commands in errors say to mean the same stage; transport and sleep are given by tests.
    Raises a child of Refused for every answer that is a no, Unreachable where none comes.
    """

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
        self.calls = 0
        self.sleep = sleep
        self.on_warning: Callable[[str], None] = lambda _text: None
        self._auth = Bearer(token)
        self._http = httpx.Client(
            transport=transport or Loopback(retries=0),
            timeout=TIMES,
            headers={"User-Agent": AGENT},
            trust_env=transport is None and not is_local(base),
        )

    def close(self) -> None:
        self._http.close()

    # the calls

    def get(self, path: str, *, accept: str = V3) -> Any:
        return self._read(self._call("GET", path, accept=accept))

    def delete(self, path: str, *, comes_back: bool = False) -> None:
        """After a failure of unknown outcome a repeat finds nothing where the first one was carried out: that counts as
        done. comes_back: what is deleted is there again afterwards, as a dyno is, so that a 404 tells of another thing."""
        answer = self._call("DELETE", path, gone_is_done=not comes_back)
        if answer.status_code != 404:
            self._read(answer)

    def put(self, path: str, body: Json) -> Any:
        return self._read(self._call("PUT", path, body=body))

    def post(self, path: str, body: Json, *, found: Callable[[], T | None], made: Callable[[Any], T]) -> T:
        """Make something that must not be made twice: after a failure of unknown outcome ``found`` looks for it
        first, and only what is not there is asked for again. Heroku knows no idempotency key."""
        return self._once("POST", path, body, found=found, made=made)

    def patch(self, path: str, body: Json, *, found: Callable[[], T | None], made: Callable[[Any], T], accept: str = V3) -> T:
        """As ``post``: a PATCH of Heroku's makes a release."""
        return self._once("PATCH", path, body, found=found, made=made, accept=accept)

    def ask(self, path: str, body: Json) -> Any:
        """A POST that leaves nothing behind but an answer, such as a new address: harmless to repeat."""
        return self._read(self._call("POST", path, body=body, harmless=True))

    def pages(self, path: str, *, field: str = "id", order: str = "asc", limit: int | None = None) -> Iterator[Any]:
        """Every item of a list, page after page (Range and Next-Range), or the first ``limit`` of them."""
        wanted: str | None = f"{field} ..; max={min(limit or PAGE, PAGE)}, order={order}"
        left = limit
        while wanted is not None:
            answer = self._call("GET", path, headers={"Range": wanted})
            for item in self._read(answer):
                if left == 0:
                    return
                left = left - 1 if left is not None else None
                yield item
            wanted = answer.headers.get("Next-Range") if answer.status_code == 206 and left != 0 else None

    # addresses that the API hands out: they carry their own right in themselves, and never get the token

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str], *, quiet: float = 60.0) -> Iterator[httpx.Response]:
        """Open an address for reading as it comes; quiet: seconds without a byte after which it counts as cut."""
        times = httpx.Timeout(connect=10, read=quiet, write=10, pool=30)
        try:
            with self._http.stream("GET", url, headers=dict(headers), timeout=times, follow_redirects=True) as answer:
                yield answer
        except httpx.RequestError as error:
            raise Cut(type(error).__name__) from None

    def fetch(self, url: str, *, seconds: float = 10.0) -> httpx.Response | None:
        """One GET of any address; None where nothing answers."""
        try:
            return self._http.get(url, timeout=seconds, follow_redirects=True)
        except httpx.HTTPError:
            return None

    def upload(self, url: str, content: Callable[[], Iterable[bytes]], size: int) -> None:
        """PUT a file to an address; ``content`` is called anew for every attempt.

        The header Content-Type is empty: the signature of such an address is over an empty one.
        """
        headers = {"Content-Length": str(size), "Content-Type": ""}
        where = f"PUT {shown(url)}"
        answer, _ = self._attempts(lambda: self._http.put(url, content=content(), headers=headers), harmless=True, what=where)
        if answer.is_error:
            raise refusal(answer.status_code, {"message": answer.text[:300]}, what=where, request_id="none")

    # within

    def _read(self, answer: httpx.Response) -> Any:
        """What it says. A hotel's page to sign in, or a proxy's, is no answer of Heroku's."""
        try:
            return answer.json()
        except ValueError:
            kind = answer.headers.get("Content-Type", "").partition(";")[0] or "nothing that can be read"
            raise Unreachable(
                f"Somebody else answers in the place of {urlsplit(self.base).netloc}",
                finding=f"{answer.request.method} {answer.request.url.path}: HTTP status {answer.status_code}, {kind}",
                todo=STARTED
                if is_local(self.base)
                else "Does this network ask for a sign-in, or is there a proxy? Then type the same again.",
            ) from None

    def _once(
        self,
        method: str,
        path: str,
        body: Json,
        *,
        found: Callable[[], T | None],
        made: Callable[[Any], T],
        accept: str = V3,
    ) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return made(self._read(self._call(method, path, body=body, accept=accept)))
            except (Unreachable, Refused) as error:
                no = isinstance(error, Refused) and error.status_code < 500
                if no and attempt == 0:
                    raise
                if (there := found()) is not None:  # a repeat is refused where the first one was carried out after all
                    return there
                if no or attempt == ATTEMPTS - 1:
                    raise
                self.sleep(pause(attempt, longest=LONGEST))
        raise AssertionError("not reached")

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        accept: str = V3,
        headers: Mapping[str, str] | None = None,
        harmless: bool = False,
        gone_is_done: bool = False,
    ) -> httpx.Response:
        request_id = str(uuid.uuid4())
        sent = {"Accept": accept, "Request-Id": request_id, **(headers or {})}
        what = f"{method} {path.partition('?')[0]}"

        def once() -> httpx.Response:
            self.calls += 1
            return self._http.request(method, self.base + path, json=body, headers=sent, auth=self._auth)

        told = f"{what}, Request-Id {request_id}"
        answer, unknown = self._attempts(once, harmless=harmless or method in HARMLESS, what=told)
        if warning := answer.headers.get("X-Heroku-Warning") or answer.headers.get("Warning-Message"):
            self.on_warning(warning)
        if answer.is_success or (gone_is_done and unknown and _is_gone(answer, path)):
            return answer
        theirs = answer.headers.get("Request-Id") or request_id
        raise refusal(answer.status_code, _body(answer), what=what, request_id=theirs, flag=self.flag)

    def _attempts(self, once: Callable[[], httpx.Response], *, harmless: bool, what: str) -> tuple[httpx.Response, bool]:
        """The answer, and whether an attempt before it may have been carried out.

        429 is always tried again: it was not carried out. 5xx and broken connections only where harmless."""
        unknown = False
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                answer = once()
            except httpx.RequestError as error:  # also of an answer that cannot be unpacked
                never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                if last or not (harmless or never_sent):
                    raise Unreachable(
                        f"{urlsplit(self.base).netloc} does not answer",
                        finding=f"{type(error).__name__}: {what}",
                        todo=STARTED if is_local(self.base) else "Is the network there? Then type the same again.",
                    ) from None
                self.sleep(pause(attempt, longest=LONGEST))
                unknown = unknown or not never_sent
                continue
            again = answer.status_code == 429 or (answer.status_code >= 500 and harmless)
            if last or not again:
                return answer, unknown
            unknown = unknown or answer.status_code >= 500
            self.sleep(_named(answer) or pause(attempt, longest=LONGEST))
        raise AssertionError("not reached")


STARTED = "Is it running? ./inv rehearse"


def _named(answer: httpx.Response) -> float | None:
    """The wait that the answer names, in seconds."""
    try:
        return min(max(float(answer.headers["Retry-After"]), 0.0), LIMIT)
    except (KeyError, ValueError):
        return None


def _is_gone(answer: httpx.Response, path: str) -> bool:
    """What the path names is not there. An app that is not there tells nothing of what was to be deleted in it."""
    within = path.count("/") > len(("/apps", "/NAME"))
    return answer.status_code == 404 and not (within and _body(answer).get("resource") == "app")


def _body(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        return {"message": answer.text[:300]}
    return found if isinstance(found, dict) else {"message": str(found)[:300]}
