"""Ctrl-C while Heroku is asked to change something: a real SIGINT, in the very call, and nothing is asked after it."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import httpx
import pytest

from tests.toolbelt.bad_input.conftest import Bench, Told
from tests.toolbelt.bad_input.lines import line
from toolbelt import tools as doors
from toolbelt.heroku import apps, formation
from toolbelt.heroku.client import Client

pytestmark = pytest.mark.slow
# What is typed, and the verb that tells how far it came.
ASKED = {
    "ps.scale web=1": "ps",
    "ps.restart": "ps",
    "ps.restart web": "ps",
    "maintenance on": "apps.info",
    "apps.rename another": "apps",
    "apps.destroy --confirm {app}": "apps",
    "domains.add www.example.com": "domains",
    "access.add ada@example.com": "access",
    "pipelines.add line staging": "pipelines",
}


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that were made; at the first that would change something, somebody types Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests in the background ignores it
    made: list[str] = []
    beyond = httpx.HTTPTransport()

    def handle(request: httpx.Request) -> httpx.Response:
        made.append(request.method)
        if request.method != "GET":
            signal.raise_signal(signal.SIGINT)
        there = beyond.handle_request(request)
        there.read()
        return there

    monkeypatch.setattr(doors, "Client", lambda *words, **named: Client(*words, **named, transport=httpx.MockTransport(handle)))
    return made


@pytest.mark.parametrize("words", ASKED)
def test_what_is_not_known_and_who_tells(words: str, typed: Callable[..., Told], bench: Bench, interrupted: list[str]) -> None:
    told = typed(line(f"{words} --json", stage="again", app="tiny"))
    found = json.loads(told.out)
    assert told.status == 130
    assert (found["verb"], found["ok"], found["stage"], found["app"]) == (words.split()[0], False, "again", "tiny")
    assert found["error"]["what"] == "Interrupted: whether Heroku has done what it was asked for is not known"
    assert found["error"]["todo"] == f"./inv {ASKED[words]} --stage again tells"
    assert f"✗ {found['error']['what']}\n→ {found['error']['todo']}\n" in told.err
    assert "release" not in found
    assert interrupted[-1] != "GET"  # nobody waits for an API that may be what hangs


def test_nothing_was_changed_by_any_of_them(bench: Bench) -> None:
    assert apps.info(bench.client, "tiny").name == "tiny"
    assert formation.every(bench.client, "tiny")


def test_the_verb_that_tells_works(typed: Callable[..., Told], bench: Bench) -> None:
    for verb in set(ASKED.values()):
        assert typed(line(verb, stage="again", app="tiny")).status == 0
