"""Logs: history, filters, tail, and reading on where one was cut."""

from __future__ import annotations

import re
import threading

import httpx

from rehearsal.logs import Filter, Line
from tests.rehearsal.harness import Running
from tests.waiting import until


def session(running: Running, app: str, **wanted: object) -> str:
    answer = running.http.post(f"/apps/{app}/log-sessions", json=wanted)
    assert answer.status_code == 201
    url: str = answer.json()["logplex_url"]
    return url


def test_lines_look_as_herokus(running: Running) -> None:
    app = running.app()
    first = httpx.get(session(running, app), trust_env=False).text.splitlines()[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 app\[api\]: Initial release by user \S+", first)


def test_the_newest_lines_only(running: Running) -> None:
    app = running.app()
    for number in range(20):
        running.print(app, f"line {number}")
    lines = httpx.get(session(running, app, lines=3), trust_env=False).text.splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == ["line 17", "line 18", "line 19"]
    assert httpx.get(session(running, app, lines=0), trust_env=False).text == ""


def test_filters() -> None:
    lines = [Line(1, "", source, process, "") for source, process in
             (("app", "web.1"), ("app", "web.2"), ("heroku", "router"), ("heroku", "web.1"), ("app", "worker.1"))]  # fmt: skip

    def wanted(**filters: str) -> list[str]:
        return [f"{line.source}/{line.process}" for line in lines if Filter(**filters).wants(line)]

    assert wanted(source="heroku") == ["heroku/router", "heroku/web.1"]
    assert wanted(dyno="web.1") == ["app/web.1", "heroku/web.1"]
    assert wanted(dyno="web") == ["app/web.1", "app/web.2", "heroku/web.1"]
    assert wanted(type="worker") == ["app/worker.1"]
    assert wanted(source="app", dyno="web.2") == ["app/web.2"]


def test_tail_as_text(running: Running) -> None:
    app = running.app()
    seen: list[str] = []

    def follow() -> None:
        with httpx.stream("GET", session(running, app, tail=True, lines=1), trust_env=False, timeout=20) as answer:
            for line in answer.iter_lines():
                seen.append(line)
                if "enough" in line:
                    return

    thread = threading.Thread(target=follow)
    thread.start()
    until(lambda: seen, what="the newest line")
    running.print(app, "more\nenough")
    thread.join(10)
    assert not thread.is_alive()
    assert [line.rpartition(": ")[2] for line in seen[-2:]] == ["more", "enough"]


def test_events_are_numbered_and_read_on_from_a_number(running: Running) -> None:
    app = running.app()
    for number in range(4):
        running.print(app, f"line {number}")
    headers = {"Accept": "text/event-stream"}
    running.http.post("/_rehearsal/faults", json={"stream_cut": 300})
    first = ""
    try:
        with httpx.stream("GET", session(running, app), headers=headers, trust_env=False) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            for chunk in answer.iter_text():
                first += chunk
    except httpx.RemoteProtocolError:
        pass
    whole = first.rpartition("\n\n")[0]
    last = re.findall(r"^id: (\d+)$", whole, re.MULTILINE)[-1]
    rest = httpx.get(session(running, app), headers={**headers, "Last-Event-Id": last}, trust_env=False).text
    texts = re.findall(r"^data: (.*)$", f"{whole}\n\n{rest}", re.MULTILINE)
    assert [text.rpartition(": ")[2] for text in texts if "app[web.1]" in text] == [f"line {n}" for n in range(4)]
    assert len(texts) == len(set(texts))
