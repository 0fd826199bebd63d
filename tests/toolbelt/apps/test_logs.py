"""Logs of apps: taken apart, in local time, of one or several, as they come."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.toolbelt.rehearsed import Site
from toolbelt.commands.apps import logs as logs_
from toolbelt.heroku import apps as all_apps
from toolbelt.output import Printer
from toolbelt.tools import Tools

ROUTER = '2026-11-21T09:41:36.123456+00:00 heroku[router]: at=error code=H10 desc="App crashed" method=GET path="/"'


@pytest.mark.parametrize(
    ("whole", "dyno", "text", "level"),
    [
        ("2026-11-21T09:41:36.123456+00:00 app[web.1]: hello: [x]", "web.1", "hello: [x]", ""),
        (ROUTER, "router", 'at=error code=H10 desc="App crashed" method=GET path="/"', "error"),
        (
            "2026-11-21T09:41:36+00:00 heroku[web.1]: Error R14 (Memory quota exceeded)",
            "web.1",
            "Error R14 (Memory quota exceeded)",
            "error",
        ),
        ("2026-11-21T09:41:36Z heroku[run.1]: Process exited with status 3", "run.1", "Process exited with status 3", "warning"),
        ("2026-11-21T09:41:36Z heroku[run.1]: Process exited with status 0", "run.1", "Process exited with status 0", ""),
        ("something else", "", "something else", ""),
        ("", "", "", ""),
    ],
)
def test_a_line_taken_apart(whole: str, dyno: str, text: str, level: str) -> None:
    line = logs_.parse(whole)
    assert (line.dyno, line.text, line.level, line.whole) == (dyno, text, level, whole)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_the_time_is_local() -> None:
    when = logs_.parse(ROUTER).when
    assert when
    assert f"{when.astimezone():%H:%M:%S}" == "10:41:36"


def ask(site: Site, path: str) -> None:
    url = httpx.URL(all_apps.info(site.heroku().client, "tiny").web_url + path)
    httpx.get(url.copy_with(host="127.0.0.1"), headers={"Host": url.netloc.decode()})


@pytest.mark.slow
def test_in_a_pipe_lines_are_as_heroku_writes_them(site: Site) -> None:
    ask(site, "/marked")
    said = site.verb(logs_.logs_of_stage, process="router", tail=False, lines=50)
    assert all(re.match(r"\d{4}-\d\d-\d\dT\S+ heroku\[router\]: at=", line) for line in said.splitlines())
    assert 'path="/marked"' in said
    assert "app[web.1]" not in site.verb(logs_.logs_of_stage, process="", source="heroku", tail=False, lines=50)


@pytest.mark.slow
def test_on_a_terminal_they_are_short_and_in_columns(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(site, "/seen")
    tools = site.tools()
    monkeypatch.setattr(tools.printer.console, "_force_terminal", True)
    logs_.logs_of_stage(tools, stage="rehearsal", process="router", tail=False, lines=50)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", site.file.getvalue())
    assert re.search(r'^\d\d:\d\d:\d\d router +│ at=info .*path="/seen"', plain, re.MULTILINE)


@pytest.mark.slow
def test_of_several_apps_in_the_order_of_their_times(site: Site) -> None:
    said = site.verb(_both, stage="rehearsal")
    lines = said.splitlines()
    assert all(line.startswith("tiny ") for line in lines)
    times = [line.split()[1] for line in lines]
    assert times == sorted(times)


def _both(tools: Tools, *, stage: str) -> None:
    logs_.logs_of_stage(tools, stage=[stage, stage], process="", tail=False, lines=20)


@pytest.mark.slow
def test_several_with_tail_come_as_they_come(site: Site) -> None:
    seen: list[str] = []

    class Reader(Printer):
        def raw(self, text: str) -> None:
            seen.append(text)
            if "/later" in text:
                raise KeyboardInterrupt
            if len(seen) == 1:
                ask(site, "/later")

    tools = site.tools()
    tools.printer = Reader(file=site.file)
    logs_.logs_of_stage(tools, stage=["rehearsal", "rehearsal"], process="", tail=True, lines=5)
    assert "/later" in seen[-1]
