"""What follows a release: whose dynos count, and when it is enough."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.toolbelt.heroku.serving import Door, said
from toolbelt import config as configuration
from toolbelt.artifacts.registry import Registry
from toolbelt.commands.release import watching
from toolbelt.commands.release.deploying import NotGood, Run
from toolbelt.commands.release.verifying import verify
from toolbelt.commands.release.watching import dynos_up, site_answers
from toolbelt.errors import DeployFailed, ToolbeltError
from toolbelt.gate import Baseline, Traffic
from toolbelt.heroku.apps import App
from toolbelt.heroku.dynos import read
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Wish
from toolbelt.output import Printer
from toolbelt.plan import Observed, Step, Wanted
from toolbelt.secret import Secret
from toolbelt.stages import Stage
from toolbelt.tools import Heroku, Tools

SHA = "0123456789abcdef0123456789abcdef01234567"
APP = App("1", "mine", "container", "us", "https://mine.example", "", False, "me@example.com")
MINE = {"id": "1", "name": "mine", "web_url": "https://mine.example/", "maintenance": False}
OLD = Release("r6", 6, "succeeded", "Deploy", "me", None, True, True, "", "")
NEW = Release("r7", 7, "succeeded", "Deploy", "me", None, True, True, "", "")


def row(name: str, quantity: int) -> dict[str, object]:
    return {"type": name, "quantity": quantity, "size": "Basic", "command": "x"}


def dyno(name: str, version: int, state: str = "up") -> dict[str, object]:
    release = {"id": f"r{version}", "version": version}
    return {"name": name, "type": name.partition(".")[0], "state": state, "release": release}


def running(door: Door, tmp_path: Path) -> Run:
    tools = Tools(configuration.load(tmp_path, environ={}), Printer(file=io.StringIO()))
    stage = Stage(name="staging", app="mine")
    heroku = Heroku(stage, Secret("x"), door.client(), Registry(stage.registry, Secret("x")))
    wanted = Wanted(commit=SHA, subject="s", processes={"web": "a", "worker": "b"}, formation={"worker": Wish(1, "")})
    return Run(tools, heroku, wanted, Observed(app=APP, newest=OLD, current=OLD, good=OLD))


def test_dynos_of_the_old_release_do_not_count(tmp_path: Path) -> None:
    door = Door(
        said(200, rows := [row("web", 1), row("worker", 0), row("release", 0)]),
        said(200, [dyno("web.1", 6)]),
        said(200, rows),
        said(200, [dyno("web.1", 7, "starting")]),
        said(200, rows),
        said(200, [dyno("web.1", 7)]),
    )
    run = running(door, tmp_path)
    assert dynos_up(run, NEW, 60) == {"web": 1}
    assert door.asked.count("GET /apps/mine/dynos") == 3


def test_all_of_a_process_type_have_to_be_up(tmp_path: Path) -> None:
    door = Door(
        said(200, [row("web", 2)]),
        said(200, [dyno("web.1", 7)]),
        said(200, [row("web", 2)]),
        said(200, [dyno("web.1", 7), dyno("web.2", 8)]),  # somebody has made another release meanwhile
    )
    assert dynos_up(running(door, tmp_path), NEW, 60) == {"web": 2}


def test_an_autoscaler_that_takes_dynos_away_meanwhile_fails_nothing(tmp_path: Path) -> None:
    door = Door(
        said(200, [row("web", 3)]),
        said(200, [dyno("web.1", 7), dyno("web.2", 7), dyno("web.3", 7, "starting")]),
        said(200, [row("web", 2)]),
        said(200, [dyno("web.1", 7), dyno("web.2", 7)]),
    )
    assert dynos_up(running(door, tmp_path), NEW, 60) == {"web": 2}


def test_a_one_off_dyno_that_crashed_is_none_of_ours(tmp_path: Path) -> None:
    door = Door(said(200, [row("web", 1)]), said(200, [dyno("run.1", 7, "crashed"), dyno("web.1", 7)]))
    assert dynos_up(running(door, tmp_path), NEW, 60) == {"web": 1}


def test_a_dyno_that_crashed_ends_it_at_once_and_names_the_way_back(tmp_path: Path) -> None:
    door = Door(said(200, [row("web", 1)]), said(200, [dyno("web.1", 7, "crashed")]), said(404))
    with pytest.raises(DeployFailed, match=r"web\.1 of v7 crashed") as caught:
        dynos_up(running(door, tmp_path), NEW, 60)
    assert "./inv releases.rollback v6 --stage staging" in caught.value.todo


def told(commit: str, release: str = "") -> httpx.Response:
    return httpx.Response(200, json={"commit": commit, "release": release})


def test_the_site_is_asked_until_it_tells_the_commit(tmp_path: Path) -> None:
    door = Door(httpx.Response(503), httpx.ConnectError("not yet"), told("f" * 40), told(SHA))
    site_answers(running(door, tmp_path), NEW, {"web": 1}, 60)
    assert door.asked == ["GET /health/release"] * 4


def test_a_site_that_knows_only_its_old_release_is_not_enough(tmp_path: Path) -> None:
    door = Door(told("unknown", "v6"), told("unknown", "v7"))
    site_answers(running(door, tmp_path), NEW, {"web": 1}, 60)
    assert len(door.asked) == 2


def test_one_wrong_answer_that_stays_is_not_waited_for_but_with_preboot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With preboot it is the old dynos that answer, for minutes."""
    monkeypatch.setattr(watching, "STUBBORN", 0)
    run = running(Door(Everything(release=[{"commit": "f" * 40}])), tmp_path)
    with pytest.raises(NotGood, match="does not answer with commit") as caught:
        site_answers(run, NEW, {"web": 1}, 60)
    assert caught.value.finding == "/health/release answers commit ffffffffffff"
    run = running(Door(told("f" * 40), told("f" * 40), told(SHA)), tmp_path)
    site_answers(replace(run, observed=replace(run.observed, preboot=True)), NEW, {"web": 1}, 60)


def test_maintenance_mode_that_is_switched_on_meanwhile_is_not_the_site_s_fault(tmp_path: Path) -> None:
    run = running(Door(Everything(release=[503], app=MINE | {"maintenance": True})), tmp_path)
    site_answers(run, NEW, {"web": 1}, 0.1)
    assert "maintenance mode was switched on meanwhile" in run.tools.printer.console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("answers", [[500, 503], [500]], ids=["a page of Heroku's in the end", "the site's own to the end"])
def test_maintenance_mode_that_is_switched_on_because_it_is_broken_excuses_nothing(tmp_path: Path, answers: list[object]) -> None:
    run = running(Door(Everything(release=answers, app=MINE | {"maintenance": True})), tmp_path)
    with pytest.raises(NotGood, match="does not answer with commit"):
        site_answers(run, NEW, {"web": 1}, 0.1)


def test_a_release_phase_whose_output_cannot_be_had_is_seen_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_words: object, **_more: object) -> None:
        raise ToolbeltError("The output does not come")

    monkeypatch.setattr(watching.streams, "follow", nothing)
    there = {"id": "r7", "version": 7, "output_stream_url": "https://x"}
    run = running(Door(said(200, there | {"status": "pending"}), said(200, there | {"status": "succeeded"})), tmp_path)
    run = replace(run, planned=(Step("phase", "x", "y"),))
    watching.finish(run, "phase", replace(NEW, output_url="https://x"))
    told = run.tools.printer.console.file.getvalue()  # type: ignore[attr-defined]
    assert "cannot be followed: The output does not come" in told
    assert "v7 succeeded" in told


def test_a_site_that_is_starting_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "STUBBORN", 0)
    run = running(Door(httpx.Response(503), httpx.ConnectError("not yet"), httpx.Response(502), told(SHA)), tmp_path)
    site_answers(run, NEW, {"web": 1}, 60)


def test_without_a_web_dyno_nobody_is_asked(tmp_path: Path) -> None:
    door = Door(said(500))
    site_answers(running(door, tmp_path), NEW, {"worker": 1}, 60)
    assert door.asked == []


# the gate, on answers that come as they come

READY = {"ok": True, "checks": {"database": {"ok": True}}, "workers": [{"name": "w", "commit": SHA, "heartbeat_age_s": 1}]}
BEFORE = Baseline(Traffic(100, 0))


class Everything:
    """Answers by path: of the API, of the log, of the site. ready and release are taken one after the other."""

    def __init__(
        self, *, ready: list[object] | None = None, release: list[object] | None = None, log: str = "", app: object = None
    ) -> None:
        self.app = app or MINE
        self.ready, self.release, self.log = ready or [READY], release or [{"commit": SHA, "release": "v7"}], log
        self.dynos = [[dyno("web.1", 7), dyno("worker.1", 7)]]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        def turn(answers: list[object]) -> httpx.Response:
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            return httpx.Response(answer) if isinstance(answer, int) else said(200, answer)

        path = request.url.path
        if path == "/apps/mine":
            return said(200, self.app)
        if path.endswith("/dynos"):
            return turn(self.dynos)  # type: ignore[arg-type]
        if path.endswith("/log-sessions"):
            return said(201, {"logplex_url": "https://log.example/lines"})
        if path == "/lines":
            return httpx.Response(200, text=self.log)
        return turn(self.ready if path == "/health/ready" else self.release)


def held(
    found: Everything,
    tmp_path: Path,
    *,
    app: App = APP,
    dynos: dict[str, int] | None = None,
    patience: float = 0.2,
    seconds: float = 0,
) -> str:
    """Hold the gate; what its step said."""
    door = Door(found)
    run = running(door, tmp_path)
    run = replace(run, observed=replace(run.observed, app=app), planned=(Step("gate", "x", "y"),))
    run.up = tuple(read(each) for each in found.dynos[0])
    wanted = {"web": 1, "worker": 1} if dynos is None else dynos
    verify(run, NEW, commit=SHA, running=wanted, baseline=BEFORE, times=3, seconds=seconds, patience=patience)
    return str(run.tools.printer.console.file.getvalue())  # type: ignore[attr-defined]


def test_a_release_that_shows_all_it_has_to(tmp_path: Path) -> None:
    assert "answered 3 times in a row; ready, worker on 0123456; no visitor came" in held(Everything(), tmp_path)


def test_answers_have_to_be_in_a_row(tmp_path: Path) -> None:
    good = {"commit": SHA, "release": "v7"}
    found = Everything(release=[good, good, 503, good, good, good])
    assert "answered 3 times in a row" in held(found, tmp_path, patience=5)
    assert len(found.release) == 1


def test_a_worker_that_fades_away_is_waited_for(tmp_path: Path) -> None:
    old = READY | {"workers": [*READY["workers"], {"name": "o", "commit": "f" * 40, "heartbeat_age_s": 30}]}  # type: ignore[misc]
    found = Everything(ready=[old, old, old, READY])
    assert "ready, worker on 0123456" in held(found, tmp_path, patience=5)
    with pytest.raises(NotGood) as caught:
        held(Everything(ready=[old]), tmp_path)
    assert "a worker still runs commit ffffffffffff" in caught.value.finding


def test_an_app_without_workers_is_not_held_to_theirs(tmp_path: Path) -> None:
    found = Everything(ready=[READY | {"workers": []}])
    found.dynos = [[dyno("web.1", 7)]]
    assert "; ready" in held(found, tmp_path, dynos={"web": 1})


def test_a_site_without_the_page_is_not_held_to_it_and_it_is_told(tmp_path: Path) -> None:
    assert "/health/ready tells nothing, and the site is not held to it" in held(Everything(ready=[404]), tmp_path)


def test_a_dyno_that_crashes_while_the_gate_is_held(tmp_path: Path) -> None:
    found = Everything()
    found.dynos = [[dyno("web.1", 7), dyno("worker.1", 7)]] * 2 + [[dyno("web.1", 7), dyno("worker.1", 7, "crashed")]]
    with pytest.raises(NotGood, match=r"worker\.1 of v7 crashed after it was up") as caught:
        held(found, tmp_path)
    assert caught.value.dyno == "worker.1"


@pytest.mark.parametrize(
    ("app", "dynos", "why"),
    [
        (replace(APP, maintenance=True), {"web": 1}, "maintenance mode is on"),
        (APP, {"worker": 1}, "web has no dyno"),
    ],
    ids=["maintenance", "no web"],
)
def test_a_site_that_cannot_be_asked_is_held_to_its_dynos(tmp_path: Path, app: App, dynos: dict[str, int], why: str) -> None:
    told = held(Everything(release=[503]), tmp_path, app=app, dynos=dynos)
    assert f"no dyno restarted; the site was not asked: {why}" in told


@pytest.mark.parametrize("answers", [[503], [{"commit": SHA}] * 4 + [503]], ids=["at once", "after it was well"])
def test_maintenance_mode_that_is_switched_on_while_the_gate_is_held(tmp_path: Path, answers: list[object]) -> None:
    routed = ROUTED.format(when=(datetime.now(UTC) + timedelta(seconds=60)).isoformat(), status=503) * 9
    found = Everything(release=answers, log=routed, app=MINE | {"maintenance": True})
    said = held(found, tmp_path, patience=0.2, seconds=0.3)
    assert "no dyno restarted; the site was not asked: maintenance mode is on" in said


ROUTED = '{when} heroku[router]: at=info method=GET path="/" host=x dyno=web.1 service=1ms status={status} bytes=1\n'


def test_visitors_who_get_errors(tmp_path: Path) -> None:
    later = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    bad = "".join(ROUTED.format(when=later, status=status) for status in (200, 500, 500, 500))
    with pytest.raises(NotGood, match="more errors than before") as caught:
        held(Everything(log=bad), tmp_path)
    assert caught.value.finding == "3 of 4 requests failed, where before it were 0 of 100 requests."
    earlier = bad.replace(later, "2026-01-01T00:00:00+00:00")
    assert "no visitor came" in held(Everything(log=earlier), tmp_path), "what was before the gate is not its doing"
