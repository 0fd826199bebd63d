"""Registries that ask for a token, that remember what they got before a cut, and that say no."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import traceback
from collections.abc import Callable

import httpx
import pytest

from toolbelt.artifacts.contents import MANIFEST, Blob, Image, sha256
from toolbelt.artifacts.registry import Registry, RegistryError
from toolbelt.artifacts.uploads import upload
from toolbelt.errors import ToolbeltError
from toolbelt.secret import Secret

TOKEN = "HRKU-0123456789-secret-word"
BASIC = f"Basic {base64.b64encode(f'_:{TOKEN}'.encode()).decode()}"
CONTENT = b"0123456789" * 20_000
BLOB = Blob(sha256(CONTENT), len(CONTENT))
PLACE = "/v2/app/web/blobs/uploads/1"


class Remembering:
    """Keeps what it got of an upload when a request is cut, as the specification allows; asks for a token."""

    def __init__(self, *, cuts: int = 0, expire: int = 0, challenge: str = "") -> None:
        self.cuts, self.expire, self.challenge = cuts, expire, challenge
        self.got = b""
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.manifest = b""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.url.path == "/token":
            assert request.headers["Authorization"] == BASIC
            self.tokens.append(" and ".join(request.url.params.get_list("scope")))
            return httpx.Response(200, json={"token": f"t{len(self.tokens)}", "expires_in": 300})
        if self.challenge and not self._may(request):
            return httpx.Response(401, headers={"WWW-Authenticate": self.challenge})
        return self._serve(request)

    def _may(self, request: httpx.Request) -> bool:
        given = request.headers.get("Authorization", "")
        if self.challenge.startswith("Basic"):
            return given == BASIC
        if request.method == "PATCH" and self.expire:
            self.expire -= 1
            next(iter(request.stream))  # type: ignore[arg-type]  # some of it has come by then
            return False
        return given.startswith("Bearer t")

    def _serve(self, request: httpx.Request) -> httpx.Response:
        match request.method:
            case "HEAD":
                return httpx.Response(404)
            case "POST":
                self.got = b""
                return httpx.Response(202, headers={"Location": PLACE})
            case "GET" if request.url.path == PLACE:
                return httpx.Response(204, headers={"Location": PLACE, "Range": f"0-{max(len(self.got) - 1, 0)}"})
            case "PATCH":
                begin = int(request.headers.get("Content-Range", "0-").partition("-")[0])
                assert begin == len(self.got)
                for piece in request.stream:  # type: ignore[union-attr]
                    self.got += piece
                    if self.cuts and len(self.got) > 70_000 * (4 - self.cuts):
                        self.cuts -= 1
                        raise httpx.WriteError("cut")
                return httpx.Response(202, headers={"Location": PLACE})
            case "PUT" if request.url.path == PLACE:
                right = f"sha256:{hashlib.sha256(self.got).hexdigest()}" == request.url.params["digest"]
                return httpx.Response(201 if right else 400)
        return httpx.Response(404)


def registry(door: Callable[[httpx.Request], httpx.Response]) -> Registry:
    return Registry(
        "https://registry.example", Secret(TOKEN), flag=" --stage staging", transport=Raw(door),
        sleep=lambda _seconds: None,
    )  # fmt: skip


class Raw(httpx.BaseTransport):
    """As a real line: a body is not read before it is sent, and cannot be sent twice (MockTransport reads it)."""

    def __init__(self, door: Callable[[httpx.Request], httpx.Response]) -> None:
        self.door = door

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.door(request)


BEARER = 'Bearer realm="https://auth.example/token",service="registry",scope="repository:app/web:pull,push"'


def test_a_cut_upload_goes_on_where_the_registry_has_got_to() -> None:
    door, told = Remembering(cuts=3), list[int]()
    made = registry(door)
    upload(made, "app/web", BLOB, CONTENT, told.append)
    assert door.got == CONTENT
    assert door.asked.count("POST /v2/app/web/blobs/uploads/") == 1
    assert sum(told) == len(CONTENT)
    assert made.traffic.sent < len(CONTENT) * 2


@pytest.mark.parametrize("challenge", [BEARER, 'Basic realm="x"'])
def test_a_challenge_is_answered(challenge: str) -> None:
    door = Remembering(challenge=challenge)
    upload(registry(door), "app/web", BLOB, CONTENT, lambda _size: None)
    assert door.got == CONTENT
    assert len(door.tokens) == (1 if challenge is BEARER else 0)


def test_a_mount_asks_for_the_right_to_both_repositories() -> None:
    door = Remembering(challenge=BEARER)
    registry(door).mount("app/worker", BLOB.digest, source="app/web")
    assert door.tokens == ["repository:app/worker:pull,push and repository:app/web:pull"]


def test_a_registrys_token_that_expires_in_the_middle_is_asked_for_anew() -> None:
    door = Remembering(challenge=BEARER, expire=1)
    upload(registry(door), "app/web", BLOB, CONTENT, lambda _size: None)
    assert door.got == CONTENT
    assert len(door.tokens) > 1


def test_the_token_is_not_given_to_an_open_line() -> None:
    door = Remembering(challenge='Bearer realm="http://auth.example/token",service="r"')
    with pytest.raises(ToolbeltError, match="open line"):
        registry(door).has("app/web", BLOB.digest)
    assert not door.tokens


def test_the_token_is_not_given_to_another_host() -> None:
    seen: list[httpx.Request] = []

    def door(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "registry.example" and request.method == "POST":
            if "Authorization" not in request.headers:
                return httpx.Response(401, headers={"WWW-Authenticate": "Basic"})
            return httpx.Response(202, headers={"Location": "https://storage.example/up"})
        return httpx.Response(201 if request.method == "PUT" else 202, headers={"Location": "https://storage.example/up"})

    upload(registry(door), "app/web", BLOB, CONTENT, lambda _size: None)
    assert {request.url.host for request in seen} == {"registry.example", "storage.example"}
    assert all("Authorization" not in request.headers for request in seen if request.url.host == "storage.example")


IMAGE = Image("web", b"{}", ())


@pytest.mark.parametrize(
    ("answer", "said", "todo"),
    [
        (httpx.Response(415, text="unsupported"), "unsupported", "manifest v2 schema 2"),
        (httpx.Response(405), "Method Not Allowed", "manifest v2 schema 2"),
        (httpx.Response(401, headers={"WWW-Authenticate": "Basic"}), "Unauthorized", "./inv login"),
        (httpx.Response(403, json={"errors": [{"code": "DENIED", "message": "no"}]}), "no (DENIED)", "./inv whoami"),
        (
            httpx.Response(400, json={"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown"}]}),
            "blob unknown (MANIFEST_BLOB_UNKNOWN)",
            "Type the same again",
        ),
    ],
)
def test_a_refused_image_is_a_clear_error(answer: httpx.Response, said: str, todo: str) -> None:
    with pytest.raises(RegistryError) as caught:
        registry(lambda _request: answer).publish("app/web", IMAGE)
    assert said in caught.value.finding
    assert todo in caught.value.todo


def test_an_image_that_comes_back_as_another_is_refused() -> None:
    other = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"digest": "x"}}

    def door(request: httpx.Request) -> httpx.Response:
        assert request.headers["Accept" if request.method == "GET" else "Content-Type"] == MANIFEST
        return httpx.Response(201) if request.method == "PUT" else httpx.Response(200, json=other)

    with pytest.raises(RegistryError, match="does not give back"):
        registry(door).publish("app/web", IMAGE)


def test_bursts_are_waited_out() -> None:
    answers = iter([httpx.Response(503), httpx.Response(429), httpx.ReadError("cut"), httpx.Response(200)])

    def door(_request: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert registry(door).has("app/web", BLOB.digest)


def test_the_token_is_in_no_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = registry(lambda _request: httpx.Response(401, headers={"WWW-Authenticate": "Basic"}))
    heard = [repr(made), str(vars(made)), str(vars(made._auth))]
    try:
        made.publish("app/web", IMAGE)
    except RegistryError as error:
        heard += [error.headline, error.finding, error.todo, "".join(traceback.format_exception(error))]
    heard.append(caplog.text)
    assert len(heard) > 5
    for word in (TOKEN, BASIC.removeprefix("Basic ")):
        assert not any(word in text for text in heard)
    assert json.dumps(heard)
