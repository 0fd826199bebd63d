"""One line for every request, with its id and without secrets."""

import logging
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from djheroku import logfmt
from djheroku.requestlog import RequestLogMiddleware

ID = "0b1c2d3e-4f56-7890-abcd-ef0123456789"


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("it is broken")


urlpatterns = [path("broken/", broken)]


class Lines(logging.Handler):
    """What is logged, as it is written."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logfmt.Formatter())
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[Callable[[], list[str]]]:
    """Tells what has been logged so far."""
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield lambda: handler.written
    logging.getLogger().removeHandler(handler)


def answer(response: HttpResponseBase, path: str = "/", method: str = "get", **headers: str) -> HttpResponseBase:
    request = getattr(RequestFactory(), method)(path, headers=headers)
    return RequestLogMiddleware(lambda _: response)(request)


@override_settings(RELEASE_VERSION="v42", BEHIND_ROUTER=True)
def test_the_line(lines: Callable[[], list[str]]) -> None:
    response = answer(
        HttpResponse("12345", status=201),
        "/keys/?token=hunter2",
        **{"X-Request-ID": ID, "X-Forwarded-For": "6.6.6.6, 203.0.113.7", "Authorization": "Bearer hunter2"},
    )
    assert response["X-Request-ID"] == ID
    [line] = lines()
    assert line.startswith("at=info method=GET path=/keys/ status=201 bytes=5 duration=")
    assert line.endswith(f"ms request_id={ID} release=v42 fwd=203.0.113.7")
    assert "hunter2" not in line


@pytest.mark.parametrize("given", ["", "short", "x" * 201, 'a"b cdefgh', "line\x0bbreak-line", "<script>alert(1)"])
def test_an_id_that_looks_wrong_is_replaced(given: str) -> None:
    made = answer(HttpResponse(), **{"X-Request-ID": given})["X-Request-ID"]
    assert made != given
    assert len(made) == 36


def test_outside_the_router_its_header_is_not_believed(lines: Callable[[], list[str]]) -> None:
    answer(HttpResponse(), **{"X-Forwarded-For": "6.6.6.6"})
    assert lines()[0].endswith("fwd=127.0.0.1")


def test_a_forged_path_forges_no_line(lines: Callable[[], list[str]]) -> None:
    answer(HttpResponse(), "/%0Aat=info%20method=GET")
    [line] = lines()
    assert len(line.splitlines()) == 1
    assert r'path="/\nat=info method=GET"' in line


def test_a_stream_is_counted_to_its_end(lines: Callable[[], list[str]]) -> None:
    response = answer(StreamingHttpResponse(iter([b"123", b"4567"])))
    assert lines() == []
    assert isinstance(response, StreamingHttpResponse)
    assert b"".join(response) == b"1234567"
    assert "bytes=7" in lines()[0]


def test_a_stream_that_breaks_off_is_an_error(lines: Callable[[], list[str]]) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"1"
        raise RuntimeError("half way")

    response = answer(StreamingHttpResponse(chunks()))
    assert isinstance(response, StreamingHttpResponse)
    with pytest.raises(RuntimeError, match="half way"):
        list(response)
    [line] = lines()
    assert line.startswith("at=error")
    assert "bytes=incomplete" in line


def test_head_has_no_body(lines: Callable[[], list[str]]) -> None:
    response = answer(HttpResponse("12345", headers={"Content-Length": "5"}), method="head")
    assert isinstance(response, HttpResponse)
    assert (response.content, response["Content-Length"]) == (b"", "5")
    assert "bytes=0" in lines()[0]


@override_settings(ROOT_URLCONF=__name__)
def test_an_exception_is_logged_with_the_request_and_answered(lines: Callable[[], list[str]]) -> None:
    client = Client(raise_request_exception=False)
    response = client.get("/broken/", headers={"X-Request-ID": ID})
    assert response.status_code == 500
    traceback, line = [text for text in lines() if ID in text]
    assert "RuntimeError: it is broken" in traceback
    assert line.startswith("at=error method=GET path=/broken/ status=500")


def test_an_error_page_that_fails_itself_is_answered_too(lines: Callable[[], list[str]]) -> None:
    def fails(request: HttpRequest) -> HttpResponseBase:
        raise RuntimeError("the template is broken")

    request = RequestFactory().get("/?token=hunter2", headers={"X-Request-ID": ID})
    response = RequestLogMiddleware(fails)(request)
    assert response.status_code == 500
    assert response["X-Request-ID"] == ID
    assert "hunter2" not in "".join(lines())


def test_nothing_else_is_said_of_a_missing_page(lines: Callable[[], list[str]]) -> None:
    assert Client().get("/nowhere/").status_code == 404
    [line] = lines()
    assert "path=/nowhere/ status=404" in line
