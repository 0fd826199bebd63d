"""Answers the three questions before anything else sees the request: no Host header, redirect or session can get in the way."""

import logging
import platform
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase

from djheroku.health.checks import CacheWorks, Database, MigrationsApplied, QueueAnswers, WorkerAlive
from djheroku.health.probe import Probe

logger = logging.getLogger(__name__)

Answer = tuple[int, dict[str, Any]]


def live() -> Answer:
    """The process answers: all there is to say."""
    return 200, {"ok": True}


def release() -> Answer:
    """Which code this is, and what it runs on."""
    return 200, {
        "commit": settings.COMMIT,
        "release": settings.RELEASE_VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
    }


class Ready:
    """Everything that a visitor needs is there: each part with what was found, and the workers that are alive."""

    def __init__(self) -> None:
        self.probe = Probe(
            {
                "database": Database,
                "cache": CacheWorks,
                "queue": QueueAnswers,
                "migrations": MigrationsApplied,
                "worker": WorkerAlive,
            }
        )

    def __call__(self) -> Answer:
        outcomes = self.probe.outcomes()
        ok = all(outcome.ok for outcome in outcomes.values())
        workers = getattr(outcomes["worker"].check, "workers", [])
        checks = {name: {"ok": outcome.ok, "ms": outcome.ms, "detail": outcome.detail} for name, outcome in outcomes.items()}
        if not ok:
            failing = {name: check["detail"] for name, check in checks.items() if not check["ok"]}
            logger.warning("not ready", extra={"fields": {"at": "warning", "ready": "no"} | failing})
        return 200 if ok else 503, {"ok": ok, "checks": checks, "workers": [asdict(worker) for worker in workers]}


class HealthMiddleware:
    """First in MIDDLEWARE. Its requests are not in the request log, but for one that finds something missing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.answers: dict[str, Callable[[], Answer]] = {
            "/health/live": live,
            "/health/ready": Ready(),
            "/health/release": release,
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.answers.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        status, body = answer()
        response = JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})
        response["Content-Length"] = len(response.content)
        if request.method == "HEAD":
            response.content = b""
        # Django would add a line for a 503 (django.utils.log.log_response): it has one.
        response._has_been_logged = True
        return response
