"""What goes wrong on the way: bursts of refusals, cut connections and streams, a token that expires in the middle."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.toolbelt.rehearsed import Rehearsal, Site
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import builds, dynos
from toolbelt.heroku.refusals import Unauthorized

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rehearsal")]
SLOW = 'import time\nfor n in range(40):\n    print("line", n, flush=True)\n    time.sleep(0.02)\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site.make(tmp_path_factory.mktemp("site"), **{"release.py": SLOW})
    rehearsal = Rehearsal(made.root / ".djheroku" / "rehearsal").start()
    try:
        made.create()
        made.deploy()
        yield made
    finally:
        ask(made)
        rehearsal.stop()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for minutes until a call is tried again."""
    monkeypatch.setattr("toolbelt.heroku.client.LONGEST", 0.3)


def ask(site: Site, **fault: object) -> None:
    found = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())
    answer = httpx.post(f"{found['api']}/_rehearsal/faults", json=fault, headers={"Authorization": f"Bearer {found['token']}"})
    assert answer.is_success, answer.text


def fresh(site: Site) -> str:
    fresh.count += 1  # type: ignore[attr-defined]
    return site.commit({"count": str(fresh.count)})  # type: ignore[attr-defined]


fresh.count = 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [429, 503])
def test_a_burst_of_refusals_is_waited_out(site: Site, status: int) -> None:
    sha = fresh(site)
    ask(site, status=status, times=3, path="^/apps/tiny$")
    ask(site, status=status, times=3, path="/releases")
    ask(site, status=status, times=2, path="/dynos")
    ask(site, status=status, times=2, path="/formation")
    assert sha[:7] in site.deploy().splitlines()[-1]


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": True}])
def test_a_build_is_asked_for_once_whatever_happens_to_the_answer(site: Site, fault: dict[str, object]) -> None:
    sha = fresh(site)
    ask(site, **fault, times=3, path="/builds$")
    ask(site, **fault, times=2, path="/sources")
    site.deploy()
    heroku = site.heroku()
    assert [build.version for build in builds.newest(heroku.client, heroku.app)].count(sha) == 1


def test_streams_that_are_cut_are_read_to_their_end_once(site: Site) -> None:
    fresh(site)
    ask(site, stream_cut=37, times=8)
    said = site.deploy()
    told = [line.split("│ ")[1] for line in said.splitlines() if line.startswith("release │ line")]
    assert told == [f"line {number}" for number in range(40)]


@pytest.mark.parametrize("after", range(1, 17, 3))
def test_a_token_that_expires_in_the_middle_stops_truthfully_and_a_new_one_carries_on(site: Site, after: int) -> None:
    sha = fresh(site)
    ask(site, token="expired", after=after)
    with pytest.raises(Unauthorized) as caught:
        site.deploy()
    assert "./inv login --stage rehearsal" in caught.value.todo
    assert "Request-Id" in caught.value.finding
    ask(site, token="valid")
    said = site.deploy()
    assert sha[:7] in said.splitlines()[-1]
    heroku = site.heroku()
    running = {dyno.type for dyno in dynos.every(heroku.client, heroku.app) if dyno.state == "up"}
    assert running == {"web", "worker"}


def test_nobody_answers(site: Site) -> None:
    (site.root / "pyproject.toml").write_text(
        '[project]\nname = "tiny"\n[tool.djheroku.stages.gone]\napp = "tiny"\napi = "http://127.0.0.1:9"\n'
    )
    tools = Site(site.root, {**site.environ, "HEROKU_API_KEY": "x"}, stage="gone")
    with pytest.raises(ToolbeltError, match=r"127\.0\.0\.1:9 does not answer") as caught:
        tools.deploy()
    assert "./inv rehearse" in caught.value.todo
    site.commit({"pyproject.toml": '[project]\nname = "tiny"\n'})
