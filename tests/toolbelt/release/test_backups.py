"""Backups as a deploy takes them: of a real database in a rehearsal, with progress, and with bad news where it fails."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from rehearsal.records import Addon
from rehearsal.records import Transfer as Record
from tests.rehearsal.harness import Running
from tests.rehearsal.test_addons import POSTGRES, provision
from tests.rehearsal.test_backups import execute
from toolbelt import config as configuration
from toolbelt.commands.release import backups
from toolbelt.errors import Interrupted, ToolbeltError
from toolbelt.heroku import data
from toolbelt.heroku.client import Client
from toolbelt.heroku.data import Transfer
from toolbelt.heroku.refusals import Unreachable
from toolbelt.output import Printer
from toolbelt.secret import Secret
from toolbelt.stages import Stage
from toolbelt.tools import Heroku, Tools


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process")
    yield running
    running.stop()


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(configuration.load(tmp_path, environ={}), Printer(file=io.StringIO()))


def stage_of(running: Running, app: str) -> Stage:
    base = running.world.base
    return Stage(name="rehearsal", app=app, api=base, git=f"{base}/git", registry=base, data=f"{base}/data")


def heroku_of(running: Running, tools: Tools, app: str) -> Heroku:
    return tools.heroku_of(stage_of(running, app), Secret(running.world.token))


@pytest.fixture(scope="module")
def app(running: Running) -> str:
    name = running.app()
    provision(running, name, POSTGRES)
    execute(running, name, "CREATE TABLE kept AS SELECT n, md5(n::text) FROM generate_series(1, 20000) n")
    return name


def said(tools: Tools) -> str:
    file = tools.printer.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_backup_is_waited_for_and_named(running: Running, tools: Tools, app: str) -> None:
    heroku = heroku_of(running, tools, app)
    name = backups.back_up(tools, heroku, every=0.05)
    door = data.door(heroku.stage, heroku.token)
    (newest, *_) = data.transfers(door, app)
    assert (name, newest.kind, newest.succeeded) == (newest.name, data.BACKUP, True)
    assert name is not None
    assert name.startswith("b0")
    assert newest.bytes > 100_000
    assert name in said(tools)
    assert httpx.get(data.public_url(door, app, newest.number), trust_env=False).content.startswith(b"PGDMP")


def test_a_restore_by_the_same_door(running: Running, tools: Tools, app: str) -> None:
    heroku = heroku_of(running, tools, app)
    backups.back_up(tools, heroku, every=0.05)
    execute(running, app, "DELETE FROM kept")
    door, addon = data.door(heroku.stage, heroku.token), backups.database(heroku)
    assert addon is not None
    url = data.public_url(door, app, data.transfers(door, app)[0].number)
    begun = data.restore(door, app, addon, url)
    done = backups.wait(door, app, begun, every=0.05, note=lambda _text: None)
    assert (done.succeeded, done.name[0]) == (True, "r")
    assert execute(running, app, "SELECT count(*) FROM kept") == [(20000,)]


def test_an_app_without_postgres_needs_none(running: Running, tools: Tools) -> None:
    assert backups.back_up(tools, heroku_of(running, tools, running.app())) is None
    assert said(tools) == ""


def test_a_backup_that_fails_stops_and_tells_why(
    running: Running, tools: Tools, app: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (addon,) = running.world.store.all(Addon)
    server = running.world.addons.postgres(addon)
    monkeypatch.setitem(server._environ, "PGPASSWORD", "wrong")
    with pytest.raises(ToolbeltError, match=r"The backup b0.. of .* failed") as caught:
        backups.back_up(tools, heroku_of(running, tools, app), every=0.05)
    assert "password authentication failed" in caught.value.finding
    assert "Nothing else was done" in caught.value.todo


def test_what_was_begun_is_not_begun_again(running: Running, tools: Tools, app: str) -> None:
    """The connection is cut in the answer: whether it was begun is looked up."""
    heroku = heroku_of(running, tools, app)
    before = len(running.world.store.all(Record))
    door, addon = data.door(heroku.stage, heroku.token), backups.database(heroku)
    assert addon is not None
    calls: list[str] = []

    class Cutting(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if request.method == "POST":
                calls.append(request.url.path)
                answer.close()
                raise httpx.ReadError("cut")
            return answer

    cut = Client(door.base, heroku.token, transport=Cutting(), sleep=lambda _seconds: None)
    begun = data.capture(cut, app, addon)
    assert len(calls) == 1
    assert len(running.world.store.all(Record)) == before + 1
    assert backups.wait(door, app, begun, every=0.05, note=lambda _text: None).succeeded


def transfer(**changes: object) -> Transfer:
    return replace(Transfer("u", 4, data.BACKUP, "DATABASE", None, None, False, 0, 0), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "name"),
    [(transfer(), "b004"), (transfer(scheduled=True), "a004"), (transfer(kind=data.RESTORE), "r004"),
     (transfer(kind=data.COPY, number=1234), "c1234")],
)  # fmt: skip
def test_names_are_those_of_the_cli(found: Transfer, name: str) -> None:
    assert found.name == name


def test_looks_that_fail_are_borne_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client("http://127.0.0.1:9", Secret("x"), sleep=lambda _seconds: None)
    looks = 0

    def look(*_args: object, **_more: object) -> Transfer:
        nonlocal looks
        looks += 1
        raise Unreachable("no answer")

    monkeypatch.setattr(data, "transfer", look)
    with pytest.raises(Unreachable):
        backups.wait(client, "app", transfer(), every=0.0, note=lambda _text: None)
    assert looks == backups.FAILURES


def test_ctrl_c_says_that_it_goes_on(running: Running, tools: Tools, app: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backups, "wait", typed)
    with pytest.raises(Interrupted, match="backup b0") as caught:
        backups.back_up(tools, heroku_of(running, tools, app))
    assert "goes on at Heroku" in caught.value.finding
