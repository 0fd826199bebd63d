"""No such app, an expired token, no rights, an app that these tools cannot work on: the same message from every verb."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from tests.toolbelt.bad_input import lines
from tests.toolbelt.bad_input.conftest import WRONG, Bench, Told
from tests.toolbelt.bad_input.lines import line
from tests.waiting import until
from toolbelt.commands.apps import oneoff
from toolbelt.commands.release import releases
from toolbelt.heroku import dynos

pytestmark = pytest.mark.slow


def test_every_verb_that_takes_a_stage_is_typed_here() -> None:
    """ON_AN_APP is all of them but those that say why not; what is left is a slip in the table."""
    assert set(lines.WITHOUT) <= {name for name in lines.VERBS if lines.takes(name, *lines.STAGE)}
    assert set(lines.WORDS) <= set(lines.VERBS)
    assert len(lines.ON_AN_APP) > 50


@pytest.mark.parametrize("words", lines.ON_AN_APP)
def test_the_name_of_no_app(typed: Callable[[str], Told], words: str) -> None:
    told = typed(line(words, stage="wrong", app=WRONG))
    assert told.status in (1, 2), told.whole
    assert f"✗ There is no app {WRONG} for this account\n" in told.err
    assert "--stage wrong" in told.err.partition("→")[2]
    assert told.whole.count("✗") == 1


@pytest.mark.parametrize("words", lines.ON_AN_APP + lines.ON_AN_ACCOUNT)
def test_a_token_that_has_expired(bench: Bench, typed: Callable[[str], Told], words: str) -> None:
    stage = "review" if words.startswith("reviewapps") else "wrong"  # nobody gets so far as to miss its app
    bench.faults(token="expired")
    told = typed(line(words, stage=stage, app=WRONG))
    assert told.status == 1, told.whole
    assert "✗ Heroku does not accept the token\n" in told.err
    assert re.search(rf"→ \./inv login --stage ({stage}|rehearsal) ", told.err)
    assert told.whole.count("✗") == 1


@pytest.mark.parametrize(
    ("name", "words"), [("two_factor", "asks this account for a second factor"), ("forbidden", "This account may not do that")]
)
@pytest.mark.parametrize("verb", ["config", "ps.scale web=1", "deploy", "addons.create heroku-redis:mini", "plan"])
def test_no_rights(typed: Callable[[str], Told], answering: Callable[..., None], verb: str, name: str, words: str) -> None:
    body = {"id": name, "message": "No."}
    answering(lambda _request, _there: httpx.Response(403, json=body))
    told = typed(line(verb, stage="again", app="tiny"))
    assert told.status == 1
    assert words in told.err
    assert f"No. ({name})" in told.err
    assert "→ ./inv " in told.err


def test_a_release_that_is_not_there_is_not_the_apps_fault(tell: Callable[..., Told]) -> None:
    told = tell(releases.info, which="v999", as_json=False)
    assert told.err.startswith("✗ Heroku has no such release for tiny\n")
    assert "apps.create" not in told.err


@pytest.mark.parametrize("verb", ["deploy", "plan", "apply --yes", "apps.create"])
def test_an_app_of_the_fir_generation(typed: Callable[[str], Told], answering: Callable[..., None], verb: str) -> None:
    def fir(request: httpx.Request, there: httpx.Response) -> httpx.Response:
        if request.method != "GET":
            raise AssertionError(f"{request.method} {request.url.path}")
        if request.url.path != "/apps/tiny":
            return httpx.Response(there.status_code, content=there.content)
        none = {"stack": {"id": "1", "name": "cnb"}, "build_stack": {"id": "1", "name": "cnb"}}
        return httpx.Response(200, json=there.json() | none | {"generation": {"id": "1", "name": "fir"}})

    answering(fir)
    told = typed(line(verb, stage="again", app="tiny"))
    assert told.status == 1
    assert "tiny is an app of Heroku's Fir generation" in told.err
    assert "Cedar" in told.err.partition("→")[2]


def test_a_one_off_dyno_that_cannot_be_attached_to_is_stopped(
    bench: Bench, tell: Callable[..., Told], answering: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def private(request: httpx.Request, there: httpx.Response) -> httpx.Response:
        body = there.json()
        if request.method == "POST" and request.url.path.endswith("/dynos"):
            body["attach_url"] = "https://somewhere.example/run"
        return httpx.Response(there.status_code, json=body)

    answering(private)
    told = tell(oneoff.run, argv=["sleep", "1000"])
    assert told.status == 1
    assert "which was started for it, was stopped" in told.err
    assert "./inv run --detach" in told.err
    monkeypatch.undo()
    until(lambda: not [each for each in dynos.every(bench.client, "tiny") if each.type == "run"], what="it is gone")
