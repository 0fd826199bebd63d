"""The app's site, asked from outside: which commit is it that answers, and is it ready?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from toolbelt.heroku.client import Client

UNKNOWN = ("", "unknown")  # what the site says where Heroku tells it no commit


@dataclass(frozen=True)
class Answer:
    """What /health/release says; status 0 where nothing answers. when: by the clock of whoever answers."""

    status: int
    commit: str = ""
    release: str = ""
    when: datetime | None = None

    @property
    def said(self) -> str:
        if not self.status:
            return "nothing"
        return f"commit {self.commit[:12]}" if self.commit else f"HTTP status {self.status}"


def ask(client: Client, url: str, *, seconds: float = 10.0) -> Answer:
    answer = client.fetch(f"{url}/health/release", seconds=seconds)
    if answer is None:
        return Answer(0)
    when = _date(answer.headers.get("Date", ""))
    try:
        found = answer.json()
        return Answer(answer.status_code, str(found.get("commit") or ""), str(found.get("release") or ""), when)
    except (ValueError, AttributeError):
        return Answer(answer.status_code, when=when)


def alive(client: Client, url: str, *, seconds: float) -> bool:
    """/health/live is answered, and not by a page of the router's: any answer but a 5xx is one of the site's."""
    answer = client.fetch(f"{url}/health/live", seconds=seconds)
    return answer is not None and answer.status_code < 500


@dataclass(frozen=True)
class Worker:
    """A worker that is alive, as the site knows of it; age: seconds since its heart has beaten."""

    name: str
    commit: str
    age: float = 0.0


@dataclass(frozen=True)
class Ready:
    """What /health/ready says. told: it says anything; a site that has no such page, or a page of something else
    there, is not held to it. failing: names of checks with what they found."""

    status: int
    told: bool = False
    ok: bool = False
    failing: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    workers: tuple[Worker, ...] | None = None


def ready(client: Client, url: str) -> Ready:
    answer = client.fetch(f"{url}/health/ready")
    if answer is None:
        return Ready(0)
    try:
        return _ready(answer.status_code, answer.json())
    except (ValueError, AttributeError, TypeError, KeyError):
        return Ready(answer.status_code)


def _ready(status: int, found: Mapping[str, Any]) -> Ready:
    checks, workers = found.get("checks"), found.get("workers")
    if checks is None:
        return Ready(status)
    return Ready(
        status,
        told=True,
        ok=status == 200 and bool(found.get("ok")),
        failing={name: str(each.get("detail") or "") for name, each in checks.items() if not each.get("ok")},
        workers=None if workers is None else tuple(_worker(each) for each in workers),
    )


def _worker(found: Mapping[str, Any]) -> Worker:
    return Worker(str(found.get("name")), str(found.get("commit") or ""), float(found.get("heartbeat_age_s") or 0))


def _date(text: str) -> datetime | None:
    with suppress(ValueError):
        return parsedate_to_datetime(text)
    return None
