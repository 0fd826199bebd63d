"""What every test may count on: real Postgres and Valkey, and a plain word on what was skipped and why."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Marker -> what enables its tests; whether it does is found out once, below.
NEEDS = {
    "docker": "a Docker engine that answers",
    "browser": "Chromium (on Debian and Ubuntu: apt install chromium)",
    "slow": "./inv test --all",
}


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """A worker of RQ's that runs in a test leaves its handlers behind: those after it are to hear Ctrl-C as before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the tests marked slow too")


def pytest_configure(config: pytest.Config) -> None:
    """Servers first, then Django's settings, which read where the servers are."""
    if not config.pluginmanager.hasplugin("django"):
        return  # -p no:django: tests of files, which need no servers
    if not hasattr(config, "workerinput"):
        _start_servers(config)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    # Every worker process has a database of its own in Postgres (pytest-django) and in Valkey (0 stays a person's).
    base = os.environ["REDIS_URL"].rpartition("/")[0] if os.environ["REDIS_URL"].count("/") > 2 else os.environ["REDIS_URL"]
    os.environ["REDIS_URL"] = f"{base}/{int(worker) + 1}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "djheroku.settings.test"
    import django

    # pytest-django does it only where the settings were known when it was loaded, before the servers were.
    django.setup()


def _start_servers(config: pytest.Config) -> None:
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    from toolbelt.stack.servers import Postgres, Valkey

    home = Path(tempfile.mkdtemp(prefix="djheroku-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for variable, server in (
        ("DATABASE_URL", Postgres(home / "postgres", durable=False)),
        ("REDIS_URL", Valkey(home / "valkey", durable=False)),
    ):
        server.start()
        config.add_cleanup(server.stop)
        os.environ[variable] = server.url


def _docker() -> bool:
    from toolbelt.errors import MissingTool
    from toolbelt.stack import engine

    try:
        engine.version()
    except MissingTool:
        return False
    return True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    there = {"slow": config.getoption("--all")}
    for item in items:
        for name, need in NEEDS.items():
            if not item.get_closest_marker(name):
                continue
            if name not in there:
                there[name] = _docker() if name == "docker" else any(map(shutil.which, CHROMIUM))
            if not there[name]:
                item.add_marker(pytest.mark.skip(reason=f"needs {need}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was skipped here, and what would enable it."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple):
            reasons[str(report.longrepr[2]).removeprefix("Skipped: ")] += 1
    if reasons:
        terminalreporter.section("skipped on this machine")
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {reason}")
