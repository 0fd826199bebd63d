"""The door to the API: what is sent, what is tried again, what a refusal says."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.toolbelt.heroku.serving import TOKEN, Door, said
from toolbelt.heroku import apps, builds, dynos, formation, releases
from toolbelt.heroku.client import ATTEMPTS, Cut
from toolbelt.heroku.refusals import (
    Conflict,
    Forbidden,
    NotFound,
    PaymentNeeded,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
    Unprocessable,
    Unreachable,
)

APP = {"id": "1", "name": "mine", "stack": {"id": "1", "name": "container"}, "build_stack": {"id": "1", "name": "container"}}
RELEASE = {"id": "r7", "version": 7, "status": "succeeded", "description": "Deployed web", "current": True}
BROKEN = httpx.ReadError("connection reset")


def test_what_is_sent() -> None:
    door = Door(said(200, APP))
    apps.info(door.client(), "mine")
    sent = door.requests[0].headers
    assert sent["Accept"] == "application/vnd.heroku+json; version=3"
    assert sent["Authorization"] == f"Bearer {TOKEN}"
    assert len(sent["Request-Id"]) == 36
    assert sent["User-Agent"] == "djheroku"


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (401, "unauthorized", Unauthorized),
        (403, "forbidden", Forbidden),
        (403, "two_factor", Forbidden),
        (404, "not_found", NotFound),
        (402, "verification_required", PaymentNeeded),
        (422, "verification_required", PaymentNeeded),
        (409, "conflict", Conflict),
        (423, "confirmation_required", Conflict),
        (422, "invalid_params", Unprocessable),
        (429, "rate_limit", RateLimited),
        (503, "maintenance", Unavailable),
    ],
)
def test_a_refusal_says_what_heroku_said_and_what_to_do(status: int, name: str, kind: type[Refused]) -> None:
    door = Door(said(status, {"id": name, "message": "Because I say so.", "url": "https://docs"}, Request_Id="abc-123"))
    with pytest.raises(kind) as caught:
        apps.info(door.client(), "mine")
    error = caught.value
    assert error.status_code == status
    assert f"Because I say so. ({name})" in error.finding
    assert "https://docs" in error.finding
    assert "GET /apps/mine, Request-Id abc-123" in error.finding
    if kind in (Unauthorized, Forbidden, NotFound):
        assert "./inv " in error.todo
        assert "--stage staging" in error.todo


def test_a_refusal_without_json_is_told_as_it_is() -> None:
    with pytest.raises(Unavailable, match="Heroku has a problem") as caught:
        apps.info(Door(httpx.Response(502, text="<html>Bad gateway</html>")).client(), "mine")
    assert "Bad gateway" in caught.value.finding


def test_a_page_in_the_place_of_an_answer_is_told_of() -> None:
    page = httpx.Response(
        200, text="<html>Sign in to the hotel's network</html>", headers={"Content-Type": "text/html; charset=x"}
    )
    with pytest.raises(Unreachable, match="Somebody else answers in the place of") as caught:
        apps.info(Door(page).client(), "mine")
    assert caught.value.finding == "GET /apps/mine: HTTP status 200, text/html"
    assert "a sign-in" in caught.value.todo


def test_an_answer_that_cannot_be_unpacked_is_asked_for_again() -> None:
    def torn(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"no gzip", headers={"Content-Encoding": "gzip"})

    door = Door(torn, said(200, APP))
    assert apps.info(door.client(), "mine").name == "mine"
    with pytest.raises(Unreachable, match="does not answer") as caught:
        apps.info(Door(torn).client(), "mine")
    assert "DecodingError" in caught.value.finding


def test_a_list_is_read_to_its_end() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        first = request.headers["Range"] == "version ..; max=1000, order=desc"
        body = [RELEASE | {"version": 9 if first else 8}]
        return said(206, body, Next_Range="version ]9..; max=1000") if first else said(200, body)

    door = Door(page)
    assert [each.version for each in releases.every(door.client(), "mine")] == [9, 8]
    assert door.requests[1].headers["Range"] == "version ]9..; max=1000"


def test_a_limit_asks_for_no_more() -> None:
    door = Door(said(206, [RELEASE], Next_Range="version ]7..; max=1"))
    newest = releases.newest(door.client(), "mine")
    assert newest is not None
    assert newest.name == "v7"
    assert [request.headers["Range"] for request in door.requests] == ["version ..; max=1, order=desc"]


def test_reading_is_tried_again_with_growing_pauses() -> None:
    door = Door(said(503), BROKEN, said(500), said(200, APP))
    assert apps.info(door.client(), "mine").is_container
    assert len(door.requests) == 4
    assert all(0 < pause <= 2 for pause in door.slept)
    assert len({request.headers["Request-Id"] for request in door.requests}) == 1


def test_the_wait_that_heroku_names_is_kept() -> None:
    door = Door(said(429, {"id": "rate_limit"}, Retry_After="7"), said(200, APP))
    apps.info(door.client(), "mine")
    assert door.slept == [7.0]


def test_patience_ends() -> None:
    door = Door(BROKEN)
    with pytest.raises(Unreachable, match=r"api\.heroku\.com does not answer"):
        apps.info(door.client(), "mine")
    assert len(door.requests) == ATTEMPTS


def test_creating_is_never_repeated_blindly() -> None:
    """The answer got lost, and the app was made: it is found, and not made a second time."""
    door = Door(BROKEN, said(200, APP))
    assert apps.create(door.client(), "mine").name == "mine"
    assert door.asked == ["POST /apps", "GET /apps/mine"]


def test_creating_is_repeated_where_nothing_was_made() -> None:
    door = Door(said(503), said(404), said(201, APP))
    assert apps.create(door.client(), "mine").name == "mine"
    assert door.asked == ["POST /apps", "GET /apps/mine", "POST /apps"]


def test_creating_is_not_repeated_after_a_no() -> None:
    door = Door(said(422, {"id": "invalid_params", "message": "Name is already taken"}))
    with pytest.raises(Unprocessable):
        apps.create(door.client(), "mine")
    assert door.asked == ["POST /apps"]


def test_a_repeat_that_is_refused_because_the_first_was_carried_out_finds_it() -> None:
    taken = said(422, {"id": "invalid_params", "message": "Name is already taken"})
    door = Door(BROKEN, said(404), taken, said(200, APP))
    assert apps.create(door.client(), "mine").name == "mine"
    assert door.asked == ["POST /apps", "GET /apps/mine"] * 2


def test_a_one_off_dyno_that_nobody_waits_for_is_never_asked_for_twice() -> None:
    """Nothing tells whether it has run."""
    door = Door(said(503))
    with pytest.raises(Unreachable, match="whether mine has started it is not known") as caught:
        dynos.run(door.client(), "mine", "python manage.py pay", attach=False, environ={})
    assert door.asked == ["POST /apps/mine/dynos"]
    assert "it was not asked for twice" in caught.value.todo


def test_one_that_is_attached_ends_by_itself_and_is_asked_for_again() -> None:
    door = Door(BROKEN, said(201, {"name": "run.1", "attach_url": "rendezvous://x"}))
    assert dynos.run(door.client(), "mine", "bash", attach=True, environ={}).name == "run.1"
    assert door.asked == ["POST /apps/mine/dynos"] * 2


def test_another_size_is_no_repeat_of_the_same_number() -> None:
    """The answer got lost, and the dynos have their number, but not the size that was asked for."""
    row = {"type": "web", "quantity": 2, "command": "x"}
    small, large = [row | {"size": "standard-1X"}], [row | {"size": "standard-2X"}]
    door = Door(BROKEN, said(200, small), said(200, large))
    assert formation.scale(door.client(), "mine", {"web": (2, "standard-2x")})[0].size == "standard-2X"
    assert door.asked == ["PATCH /apps/mine/formation", "GET /apps/mine/formation", "PATCH /apps/mine/formation"]


def test_a_call_that_was_not_carried_out_is_repeated_even_if_it_creates() -> None:
    door = Door(said(429, {"id": "rate_limit"}), httpx.ConnectError("refused"), said(201, APP))
    apps.create(door.client(), "mine")
    assert door.asked == ["POST /apps"] * 3


def test_images_are_released_in_one_call_with_the_digests_of_configs() -> None:
    door = Door(said(200, []), said(200, [RELEASE]))
    made = formation.release(door.client(), "mine", {"web": "sha256:1", "worker": "sha256:2"}, before=None)
    assert made is not None
    assert made.version == 7
    assert door.asked == ["PATCH /apps/mine/formation", "GET /apps/mine/releases"]
    assert door.requests[0].headers["Accept"] == "application/vnd.heroku+json; version=3.docker-releases"
    assert door.body(0) == {
        "updates": [{"type": "web", "docker_image": "sha256:1"}, {"type": "worker", "docker_image": "sha256:2"}]
    }


def test_a_release_whose_answer_got_lost_is_found() -> None:
    before = releases.read(RELEASE | {"version": 6})
    door = Door(BROKEN, said(200, [RELEASE]))
    made = formation.release(door.client(), "mine", {"web": "sha256:1"}, before=before)
    assert made is not None
    assert door.asked.count("PATCH /apps/mine/formation") == 1


def test_the_same_images_make_no_release() -> None:
    door = Door(said(200, []), said(200, [RELEASE]))
    assert formation.release(door.client(), "mine", {"web": "sha256:1"}, before=releases.read(RELEASE)) is None


def test_an_archive_is_put_with_its_length_and_an_empty_type(tmp_path: Path) -> None:
    archive = tmp_path / "source.tgz"
    archive.write_bytes(b"x" * 200_000)
    blob = {"put_url": "https://s3.example/put?Signature=hush", "get_url": "https://s3.example/get?Signature=hush"}

    def taken(request: httpx.Request) -> httpx.Response:
        assert len(request.read()) == 200_000
        return httpx.Response(200)

    door = Door(said(201, {"source_blob": blob}), httpx.WriteError("cut"), taken)
    assert builds.upload(door.client(), archive) == blob["get_url"]
    put = door.requests[2]
    assert put.headers["Content-Length"] == "200000"
    assert put.headers["Content-Type"] == ""
    assert "Authorization" not in put.headers
    assert "Transfer-Encoding" not in put.headers


def test_neither_token_nor_signature_is_in_any_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client, hush, p4ss = Door(BROKEN).client(), uuid4().hex, uuid4().hex
    signed = f"https://u:{p4ss}@s3.example/put?Signature={hush}"
    heard = [repr(client), str(vars(client))]
    for call in (
        lambda: apps.info(client, "mine"),
        lambda: client.upload(signed, lambda: [b""], 0),
    ):
        try:
            call()
        except Unreachable as error:
            heard += [error.headline, error.finding, error.todo, "".join(traceback.format_exception(error))]
    try:
        with client.stream(signed, {}):
            raise AssertionError
    except Cut as error:
        heard.append("".join(traceback.format_exception(error)))
    heard.append(caplog.text)
    for word in (TOKEN, hush, p4ss):
        assert not any(word in text for text in heard), word


def test_addresses_that_are_handed_out_never_get_the_token() -> None:
    door = Door(httpx.Response(200, text="hello"))
    client = door.client()
    client.fetch("https://elsewhere.example/")
    with client.stream("https://elsewhere.example/", {}):
        pass
    assert all("Authorization" not in request.headers for request in door.requests)


def test_warnings_of_herokus_are_passed_on() -> None:
    door = Door(said(200, APP, X_Heroku_Warning="This stack goes away"))
    client, heard = door.client(), list[str]()
    client.on_warning = heard.append
    apps.info(client, "mine")
    assert heard == ["This stack goes away"]
