"""The system's Chromium on the real site, and a real worker beside it.

Imports of the site are inside the fixtures: pytest may read this file before the settings know where the servers are.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
Open = Callable[..., "Page"]
StartWorker = Callable[..., "subprocess.Popen[bytes]"]
MakeKey = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium (on Debian and Ubuntu: apt install chromium)")
    # Playwright's event loop lives in this thread; Django would take it for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # Chromium's sandbox does not work for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def contexts(browser: Browser, live_server: Any) -> Iterator[Callable[..., BrowserContext]]:
    """Make a visitor's browser profile; whatever their pages complain about (scripts, policy) fails the test."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(10_000)
        context.on("page", listen)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    # An answer such as 429 is written to the console too; the tests that want one look at the page.
    assert not [text for text in complaints if not text.startswith("Failed to load resource")]


@pytest.fixture
def open_page(contexts: Callable[..., BrowserContext]) -> Open:
    """Open an address in a new visitor's browser; options are those of a Playwright context."""

    def open_page(address: str = "/", **options: Any) -> Page:
        page = contexts(**options).new_page()
        page.goto(address)
        return page

    return open_page


@pytest.fixture(autouse=True)
def empty_redis(browser: Browser) -> None:
    """No jobs of other tests, nothing counted against the one visitor's address that they all have."""
    import django_rq

    django_rq.get_connection().flushdb()


@pytest.fixture
def start_worker(live_server: Any) -> Iterator[StartWorker]:
    """Start `rqworker` as a process of its own; it ends when the queue is empty. A key takes it so many seconds."""
    from django.db import connection

    parts = urlsplit(os.environ["DATABASE_URL"])
    environ = {
        **os.environ,
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}")),
        "DJANGO_SETTINGS_MODULE": "tests.browser.worker_settings",
    }
    started: list[subprocess.Popen[bytes]] = []

    def start(seconds: float = 0) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "manage.py", "rqworker", "default", "--burst"]
        worker = subprocess.Popen(argv, cwd=ROOT, env={**environ, "KEYGEN_SECONDS": str(seconds)})
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.terminate()
        worker.wait(20)


@pytest.fixture
def make_keys(live_server: Any) -> Callable[[Page], MakeKey]:
    """For the visitor of a page: make keys in a given state; the page has to be loaded again to see them."""
    from django.contrib.sessions.backends.db import SessionStore

    from djheroku.keygen.models import Key

    def of(page: Page) -> MakeKey:
        session = SessionStore()
        visitor = UUID(int=len(page.context.pages))
        session["visitor"] = str(visitor)
        session.create()
        page.context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": live_server.url}])

        def make(state: str, **fields: Any) -> Key:
            value = "s3cret-(" * 6 + "==" if state == "done" else ""
            return Key.objects.create(visitor=visitor, state=state, **{"value": value, **fields})

        return make

    return of


@pytest.fixture
def redis_is_away(settings: Any) -> Iterator[None]:
    """Cache and queue at an address that refuses connections: the port is taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
        yield
