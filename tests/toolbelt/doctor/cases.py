"""An app and a checkout in which all is well, and who finds what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from toolbelt.artifacts.contents import Built
from toolbelt.doctor import addons, app, image, locks, migrating, shipping, site
from toolbelt.doctor import repository as checkout
from toolbelt.doctor.finding import Finding
from toolbelt.git import Head
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.apps import App
from toolbelt.heroku.formation import Row
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Manifest, Wish
from toolbelt.migrations import Migration

TODAY = date(2026, 11, 21)
Find = Callable[[Path], Iterable[Finding]]
HEAD = Head("0" * 40, "main", "s", (), shallow=False)
EMPTY = Manifest("", {}, (), {})
FILES = {
    "Procfile": "web: gunicorn\n",
    "runtime.txt": "python-3.14\n",
    "Dockerfile": "FROM python:3.14-slim\nRUN apt-get install curl\nUSER 10001\n",
    ".dockerignore": "*\n!web.py\n",
    "pyproject.toml": '[project]\ndependencies = ["Django~=5.2.0", "rq>=2", "tzdata; sys_platform == \'win32\'"]\n',
    "requirements.txt": "django==5.2.1 \\\n    --hash=sha256:0\nrq==2.1\nextra==1\n",
    "docker-compose.yml": "services:\n  db:\n    image: postgres:18\n  redis:\n    image: valkey/valkey:9\n",
}
APP = App("1", "mine", "container", "us", "https://mine.example", "", False, "me@example.com")
WEB = Row("web", 1, "Basic", "x")
RELEASE = Release("r", 7, "succeeded", "Deploy 01234567", "me", None, True, True, "", "")
DATABASE = Addon("1", "db", "heroku-postgresql", "heroku-postgresql:essential-0", "provisioned", ("DATABASE_URL",))
BUILT = Built("i", "amd64", "linux", "2026-11-20T10:00:00.123Z", {"User": "10001"}, ("a",), 10**8)
SITE = {"settings": "", "module": "x", "debug": False, "hosts": ["*"], "checks": [], "models": ""}
CHECK = {"id": "security.W008", "level": "warning", "what": "SSL", "hint": "Set it"}


def python(root: Path, *, image: bool = False) -> Iterable[Finding]:
    return checkout.python(root, image=image, today=TODAY)


def lock(root: Path) -> Iterable[Finding]:
    return locks.lock(root, ["extra"], python="3.14")


def sources(root: Path) -> Iterable[Finding]:
    return shipping.source(root, "HEAD", sent=True)


def dockerfile(root: Path) -> Iterable[Finding]:
    return image.dockerfile(root, release_phase=True)


def processes(root: Path) -> Iterable[Finding]:
    return checkout.processes(root, replace(EMPTY, formation={"web": Wish(1, "basic")}))


def stack(name: str, today: date = TODAY, wanted: str = "") -> Find:
    return lambda _root: app.stack(replace(APP, stack=name), replace(EMPTY, stack=wanted), today=today)


def dynos(rows: tuple[Row, ...], *, formation: Mapping[str, Wish] = {}, **more: Any) -> Find:
    options = {"preboot": False, "concurrency": ""} | more
    return lambda _root: app.dynos(rows, replace(EMPTY, formation=formation), **options)


def releases(*found: Release) -> Find:
    return lambda _root: app.releases(found)


def versions(today: date = TODAY, **found: str) -> Find:
    named = {f"heroku-{name}": version for name, version in found.items()}
    return lambda root: addons.versions(named, root / "docker-compose.yml", today=today)


def told(**changes: Any) -> Find:
    return lambda _root: site.findings(SITE | changes, where="the config vars of mine")


def migrations(*found: Migration) -> Find:
    return lambda _root: migrating.pending(found)


def wrong(level: str, topic: str, says: str, find: Find, files: Mapping[str, str | None] | None = None) -> Any:
    """A finding: its level and topic, what is in it, who finds it, and the files that make it so (None: not there)."""
    return pytest.param(level, topic, says, find, files or {}, id=says[:50])


DIRTY = replace(HEAD, changes=("a", "b"))
FAILED, PENDING = replace(RELEASE, version=8, status="failed"), replace(RELEASE, version=8, status="pending")
EXPIRED = replace(RELEASE, version=1, status="expired", eligible=False)
DROP = Migration("shop", "0002_drop", "irreversible", ("drops the column x",), False)
LOCKS = Migration("shop", "0003_index", "two-step", ("builds an index",), True)
