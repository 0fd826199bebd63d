"""One line in the log for every request, static files included, with the id that Heroku's router gave it.

    at=info method=GET path=/ status=200 bytes=5120 duration=12ms request_id=… release=v42 fwd=203.0.113.7

No query string and no headers: that is where secrets are.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse

from djheroku import logfmt

logger = logging.getLogger("djheroku.request")

# The router makes a UUID, or takes the client's own where it looks like one; others are not to be believed.
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,200}")
LONGEST_PATH = 500


def given_id(request: HttpRequest) -> str:
    """The id the router gave the request, else a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if SANE_ID.fullmatch(given) else str(uuid4())


def client_address(request: HttpRequest) -> str:
    """Who asked: behind the router it is the last address of X-Forwarded-For, the only one that the router itself wrote."""
    if settings.BEHIND_ROUTER and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rsplit(",", 1)[-1].strip()
    # gunicorn listens by IPv6, where an IPv4 address looks like this.
    return str(request.META.get("REMOTE_ADDR", "")).removeprefix("::ffff:")


def drop_body(response: HttpResponseBase) -> None:
    """What answers HEAD has no body; Django leaves that to the server, and gunicorn complains of every byte."""
    if isinstance(response, HttpResponse):
        response.content = b""
    elif isinstance(response, StreamingHttpResponse):
        response.close()
        response.streaming_content = []


def counted(chunks: Iterator[bytes], done: Callable[[int | None], None]) -> Iterator[bytes]:
    """*chunks*, then *done* with how many bytes they were: None when the response broke off."""
    size, complete = 0, False
    try:
        for chunk in chunks:
            size += len(chunk)
            yield chunk
        complete = True
    finally:
        done(size if complete else None)


class RequestLogMiddleware:
    """Gives every request its id, and writes its line when the response is ready, or has been streamed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        identity = given_id(request)
        token = logfmt.request_id.set(identity)
        try:
            response = self.get_response(request)
        except Exception:
            # Even the page for an error has failed. What gunicorn would write then has the whole URL in it.
            logger.exception("the error page failed")
            response = HttpResponse("Something went wrong.\n", status=500, content_type="text/plain")
        finally:
            logfmt.request_id.reset(token)
        response["X-Request-ID"] = identity
        # Django writes a line of its own for every 4xx and 5xx (django.utils.log.log_response), but for one that has this.
        response._has_been_logged = True
        if request.method == "HEAD":
            drop_body(response)

        def write(size: int | None) -> None:
            failed = response.status_code >= 500 or size is None
            fields = {
                "at": "error" if failed else "info",
                "method": request.method,
                "path": request.path[:LONGEST_PATH],
                "status": response.status_code,
                "bytes": size if size is not None else "incomplete",
                "duration": f"{(time.perf_counter() - started) * 1000:.0f}ms",
                "request_id": identity,
                "release": settings.RELEASE_VERSION or None,
                "fwd": client_address(request),
            }
            logger.log(logging.ERROR if failed else logging.INFO, "request", extra={"fields": fields})

        if request.method == "HEAD":
            write(0)
        elif "Content-Length" in response:
            write(int(response["Content-Length"]))
        elif isinstance(response, HttpResponse):
            write(len(response.content))
        elif isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = counted(iter(response), write)
        else:
            write(0)
        return response
