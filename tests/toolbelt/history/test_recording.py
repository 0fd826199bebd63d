"""The journal of a deploy, the record that is kept of it, and the table that is made of records and of what Heroku tells."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.checkout import ROOT
from tests.rehearsal.harness import Running
from tests.toolbelt.rehearsed import Site
from toolbelt import records
from toolbelt.commands.history import entries as history
from toolbelt.commands.history import keeping, recording
from toolbelt.commands.history.recording import Journal
from toolbelt.commands.release import releases
from toolbelt.heroku import releases as heroku_releases
from toolbelt.records import Record
from toolbelt.tools import Heroku, Tools

BEGUN: dict[str, Any] = {
    "kind": "source", "before": 3, "before_commit": "b" * 40, "formation": {"web": (1, "Basic")}, "config": ["WORD"],
}  # fmt: skip
FULL = Record(
    app="tiny", version=42, commit="c" * 40, subject="A word — said", kind="image", who="ann@example.com", digest="sha256:d",
    migrations=("keygen.0002_x",), config=("WORD",), names=("SECRET_KEY", "WORD"), size=45_100_000, change=-200_000,
    seconds={"build": 12.25, "upload": 3.0}, outcome=records.VERIFIED, previous=41, began="2026-11-21T09:00:00+00:00",
    release="r", job="https://github.com/a/b/actions/runs/7",
)  # fmt: skip
CHILD = """
import os, signal, sys
from pathlib import Path
from tests.toolbelt.rehearsed import Site
from toolbelt.commands.history import recording
site = Site(Path(sys.argv[1]), {"HOME": sys.argv[1]})
tools = site.tools()
journal = recording.begin(
    tools, tools.heroku("rehearsal"), commit="c" * 40, kind="image", before=41, before_commit="b" * 40,
    formation={"web": (2, "Standard-1X")}, config=["WORD"], app_id="the app",
)
journal.step("build")
journal.done("build", 12.5)
journal.step("release")
journal.note("version", 42)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.make(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def rehearsal(site: Site) -> Iterator[Running]:
    running = Running(site.root / ".djheroku" / "rehearsal", runtime="process")
    yield running
    running.stop()


@pytest.fixture
def doors(site: Site, rehearsal: Running) -> Iterator[tuple[Tools, Heroku]]:
    """An app of its own for each test, without dynos."""
    site.create()
    tools = site.tools()
    yield tools, tools.heroku("rehearsal")
    rehearsal.http.delete("/apps/tiny")


def deployed(rehearsal: Running, *, size: int, commit: str, name: str = "tiny") -> int:
    """A release of a slug of that size, without a build; its version."""
    app = rehearsal.record(name)
    made = rehearsal.release(name, {"worker": "sleep 1"})

    async def change() -> None:
        from rehearsal.records import Slug

        assert made.slug_id is not None
        slug = rehearsal.world.store.get(Slug, made.slug_id)
        assert slug is not None
        rehearsal.world.store.change(slug, size=size, commit=commit)

    rehearsal.call(change())
    assert made.app_id == app.id
    return made.version


def test_a_record_is_read_as_it_was_written() -> None:
    assert records.load(records.dump(FULL)) == FULL


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"app": "a"}'])
def test_what_is_no_record_is_none(text: str) -> None:
    assert records.load(text) is None


def test_a_record_of_a_later_version_of_the_tools_is_read() -> None:
    text = json.dumps(json.loads(records.dump(FULL)) | {"weather": "fine"})
    assert records.load(text) == FULL


def test_a_deploy_from_beginning_to_record(site: Site, rehearsal: Running, doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    first = deployed(rehearsal, size=1_000_000, commit="b" * 40)
    rehearsal.http.patch("/apps/tiny/config-vars", json={"COLOUR": "red", "WORD": "changed"})
    rehearsal.http.patch("/apps/tiny/config-vars", json={"COLOUR": None})
    rehearsal.http.patch("/apps/tiny/config-vars", json={"SIZE": "large"})
    names = rehearsal.http.get("/apps/tiny/config-vars").json()
    journal = recording.begin(tools, heroku, commit=site.head, **BEGUN | {"config": names, "before": first})
    journal.step("build")
    journal.done("build", 1.5)
    journal.note("migrations", ("keygen.0002_x",))
    journal.step("release")
    version = deployed(rehearsal, size=1_250_000, commit=site.head)
    journal.note("version", version)
    journal.done("release", 0.5)
    record = journal.finish(records.VERIFIED)
    assert record == Record(
        app="tiny", version=version, commit=site.head, subject="a commit", kind="source", who=rehearsal.world.email,
        migrations=("keygen.0002_x",), config=("COLOUR", "SIZE", "WORD"), names=("SIZE", "WORD"), size=1_250_000,
        change=250_000, seconds={"build": 1.5, "release": 0.5}, outcome=records.VERIFIED, previous=first,
        began=journal.began, release=record.release,
    )  # fmt: skip
    path = site.root / ".djheroku" / "releases" / "tiny.rehearsal" / f"v{version}.json"
    assert records.load(path.read_text()) == record
    assert "large" not in path.read_text()
    assert recording.unfinished(tools, heroku) is None
    assert list((site.root / ".djheroku" / "deploys").iterdir()) == []


def test_a_run_that_made_no_release_leaves_no_record(site: Site, doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    journal = recording.begin(tools, heroku, commit="c" * 40, **BEGUN)
    assert journal.finish(records.FAILED).version == 0
    assert not any(record.commit == "c" * 40 for record in keeping.kept(tools, heroku).values())


def test_a_run_that_was_killed_tells_how_far_it_came(site: Site, doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    subprocess.run([sys.executable, "-c", CHILD, str(site.root)], cwd=ROOT, timeout=60)
    found = recording.unfinished(tools, heroku, app_id="the app")
    assert found is not None
    assert (found.commit, found.before, found.before_commit) == ("c" * 40, 41, "b" * 40)
    assert (found.formation, found.config) == ({"web": (2, "Standard-1X")}, ("WORD",))
    assert (found.version, found.reached, found.under_way) == (42, "build", "release")
    assert recording.unfinished(tools, heroku, app_id="another app of this name") is None
    record = found.finish(records.ROLLED_BACK)
    assert (record.version, record.outcome, record.seconds) == (42, records.ROLLED_BACK, {"build": 12.5, "release": 0.0})
    assert recording.unfinished(tools, heroku) is None


def test_a_run_that_goes_on_is_not_unfinished(doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    journal = recording.begin(tools, heroku, commit="c" * 40, **BEGUN)
    assert recording.unfinished(tools, heroku) is None
    journal.finish(records.FAILED)


def test_the_journal_is_on_disk_before_and_after_each_step(site: Site, doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    path = site.root / ".djheroku" / "deploys" / "tiny.rehearsal.json"
    journal = recording.begin(tools, heroku, commit="c" * 40, **BEGUN)
    assert path.stat().st_mode & 0o077 == 0

    def steps() -> list[tuple[str, float | None]]:
        return [(step["name"], step["seconds"]) for step in json.loads(path.read_text())["steps"]]

    assert steps() == []
    journal.step("build")
    assert steps() == [("build", None)]
    journal.done("build", 1.0)
    assert steps() == [("build", 1.0)]
    journal.finish(records.FAILED)


def test_a_step_that_ended_in_bad_news_took_its_time_too(doors: tuple[Tools, Heroku], monkeypatch: pytest.MonkeyPatch) -> None:
    tools, heroku = doors
    journal = recording.begin(tools, heroku, commit="c" * 40, **BEGUN)
    journal.step("dynos")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 7)
    assert journal.finish(records.FAILED).seconds["dynos"] == pytest.approx(7, abs=1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"process": {}}', '{"process": {"pid": 1, "born": 0.0}}'])
def test_a_journal_that_cannot_be_read_is_none(site: Site, doors: tuple[Tools, Heroku], text: str) -> None:
    tools, heroku = doors
    keeping.write(site.root / ".djheroku" / "deploys" / "tiny.rehearsal.json", text)
    assert recording.unfinished(tools, heroku) is None


# The table


def test_what_heroku_tells_is_joined_with_what_was_kept(site: Site, rehearsal: Running, doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    by_hand = deployed(rehearsal, size=1_000_000, commit="b" * 40)
    rehearsal.http.patch("/apps/tiny/config-vars", json={"COLOUR": "red"})
    ours = deployed(rehearsal, size=1_300_000, commit="a" * 40)
    made = heroku_releases.info(heroku.client, "tiny", ours)
    keeping.keep(tools, heroku, replace(FULL, version=ours, release=made.id, size=1_300_000, change=300_000))
    keeping.keep(tools, heroku, replace(FULL, version=by_hand, release="of an app that was destroyed"))
    rehearsal.http.post("/apps/tiny/releases", json={"release": made.id})
    entries = {entry.release.version: entry for entry in history.read(tools, heroku, count=10)}
    newest = entries[max(entries)]
    assert (newest.running, newest.release.description) == (True, f"Rollback to v{ours}")
    assert (newest.commit, newest.subject) == (FULL.commit, FULL.subject)
    assert (entries[ours].outcome, entries[ours].change, entries[ours].migrations) == ("verified", 300_000, FULL.migrations)
    assert (entries[ours + 0].subject, entries[ours].kind) == (FULL.subject, "image")
    assert (entries[by_hand].record, entries[by_hand].commit, entries[by_hand].size) == (None, "b" * 40, 1_000_000)
    config = entries[by_hand + 1]
    assert (config.code, config.size, config.release.description) == (False, None, "Set COLOUR config vars")


def test_a_slug_is_asked_for_once(site: Site, rehearsal: Running, doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    for number in range(3):  # of which the rehearsal keeps two
        deployed(rehearsal, size=1_000_000 + number, commit=str(number) * 40)
    history.read(tools, heroku, count=10)
    before = heroku.client.calls
    entries = history.read(tools, heroku, count=10)
    assert heroku.client.calls - before == 1
    assert [(entry.size, entry.change) for entry in entries[:3]] == [(1_000_002, 1), (1_000_001, None), (None, None)]


def test_it_fits_and_empty_columns_are_left_out(site: Site, rehearsal: Running, doors: tuple[Tools, Heroku]) -> None:
    deployed(rehearsal, size=1_000_000, commit=site.head)
    said = site.verb(releases.list_, count=10, as_json=False)
    assert said.splitlines()[0].split() == ["release", "outcome", "commit", "what", "size", "who", "when"]
    assert f"released  {site.head[:7]}" in said


def test_all_of_it_as_json(
    site: Site, rehearsal: Running, doors: tuple[Tools, Heroku], capsys: pytest.CaptureFixture[str]
) -> None:
    tools, heroku = doors
    version = deployed(rehearsal, size=1_000_000, commit=site.head)
    made = heroku_releases.info(heroku.client, "tiny", version)
    keeping.keep(tools, heroku, replace(FULL, version=version, release=made.id))
    site.verb(releases.list_, count=1, as_json=True)
    [told] = json.loads(capsys.readouterr().out)
    assert told["record"] == json.loads(records.dump(replace(FULL, version=version, release=made.id)))
    assert (told["version"], told["status"], told["running"], told["outcome"]) == (version, "succeeded", True, "verified")


def test_one_in_full(site: Site, rehearsal: Running, doors: tuple[Tools, Heroku]) -> None:
    tools, heroku = doors
    version = deployed(rehearsal, size=1_000_000, commit=site.head)
    made = heroku_releases.info(heroku.client, "tiny", version)
    keeping.keep(tools, heroku, replace(FULL, version=version, release=made.id))
    said = site.verb(releases.info, which=f"v{version}", as_json=False)
    for text in (
        f"v{version}, which runs",
        "verified",
        FULL.digest,
        "45.1 MB, −200 kB",
        "keygen.0002_x",
        "WORD",
        "v41",
        FULL.job,
    ):
        assert text in said
    bars = {line.split()[0]: line.count("█") for line in said.splitlines() if "█" in line}
    assert bars == {"build": 30, "upload": 7}
    assert said.splitlines()[-1].split() == ["all", "15.2", "s"]


def test_the_newest_in_full_is_compared_with_what_was_before(site: Site, rehearsal: Running, doors: tuple[Tools, Heroku]) -> None:
    deployed(rehearsal, size=1_000_000, commit="b" * 40)
    rehearsal.http.patch("/apps/tiny/config-vars", json={"COLOUR": "red"})
    deployed(rehearsal, size=1_400_000, commit=site.head)
    assert "1.4 MB, +400 kB" in site.verb(releases.info, which="", as_json=False)


def test_journals_are_of_an_app_of_a_heroku(site: Site, doors: tuple[Tools, Heroku]) -> None:
    """The same name in a rehearsal and at Heroku is two apps."""
    _, heroku = doors
    real = replace(heroku, stage=replace(heroku.stage, api="https://api.heroku.com"))
    assert (keeping.key(heroku), keeping.key(real)) == ("tiny.rehearsal", "tiny")
    assert isinstance(Journal, type)
