"""Several add-ons of one service, on a rehearsal: told apart by their names, and each a database of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.toolbelt.apps.asked import asked
from tests.toolbelt.rehearsed import Rehearsal, Site
from toolbelt.commands.apps import addons as verbs
from toolbelt.commands.apps import applying, apps
from toolbelt.errors import Interrupted, UsageError
from toolbelt.heroku import addons, attachments, configvars
from toolbelt.heroku.addons import Addon

pytestmark = pytest.mark.slow
PLAN, LARGER = "heroku-postgresql:essential-0", "heroku-postgresql:essential-1"
TWO = [{"plan": PLAN, "as": "ANALYTICS"}, PLAN]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    running = Rehearsal(tmp_path_factory.mktemp("heroku")).start()
    yield running
    running.stop()


@pytest.fixture
def site(rehearsal: Rehearsal, tmp_path: Path) -> Iterator[Site]:
    with asked(rehearsal, tmp_path / "site", {"addons": TWO}) as made:
        yield made


def named(site: Site) -> dict[str, Addon]:
    """Each add-on by what the app has it as."""
    client = site.heroku().client
    there = {each.id: each for each in addons.every(client, "tiny")}
    return {each.name: there[each.addon_id] for each in attachments.every(client, "tiny")}


def plan(site: Site, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    site.verb(applying.plan, as_json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def marked(url: str, word: str) -> str:
    """Write a word to a database, unless there is one; the word that is there."""
    connection = psycopg2.connect(url, sslmode="require")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS mark AS SELECT %s AS word", (word,))
            cursor.execute("SELECT word FROM mark")
            return str(cursor.fetchone()[0])
    finally:
        connection.close()


def test_two_of_one_service_from_nothing_and_nothing_the_second_time(site: Site) -> None:
    said = site.verb(applying.apply, yes=True)
    there = named(site)
    assert set(there) == {"DATABASE", "ANALYTICS"}
    assert {each.state for each in there.values()} == {"provisioned"}
    assert "ANALYTICS_URL" in said
    assert "DATABASE_URL" in said
    values = configvars.every(site.heroku().client, "tiny")
    for name in there:
        assert marked(values[f"{name}_URL"].reveal(), name) == name
    for name in there:
        assert marked(values[f"{name}_URL"].reveal(), "other") == name
    assert "Nothing is to be done." in site.verb(applying.apply, yes=True)
    assert named(site) == there


@pytest.mark.parametrize("number", [1, 2])
def test_an_interrupted_run_makes_none_twice_and_the_next_one_waits(
    site: Site, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[str] = []
    create = addons.create

    def interrupted(*words: Any, **named: Any) -> Addon:
        made = create(*words, **named)
        began.append(made.name)
        if len(began) == number:
            raise KeyboardInterrupt
        return made

    with monkeypatch.context() as patched:
        patched.setattr(addons, "create", interrupted)
        with pytest.raises(Interrupted):
            site.verb(applying.apply, yes=True)
    said = site.verb(applying.apply, yes=True)
    assert {each.state for each in named(site).values()} == {"provisioned"}
    assert len(addons.every(site.heroku().client, "tiny")) == 2
    assert set(named(site)) == {"DATABASE", "ANALYTICS"}
    assert all(name in said for name in began)


def test_one_that_is_not_asked_for_is_told_of_and_the_first_one_stays(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.commit({"app.json": json.dumps({"addons": [PLAN]})})
    site.verb(applying.apply, yes=True)
    first = named(site)["DATABASE"]
    with pytest.raises(UsageError, match="already: ") as caught:
        site.verb(verbs.create, plan=LARGER, options=[], patience=60)
    assert "--as NAME adds a second one" in caught.value.todo
    # Their names begin and end with any letter: whichever comes first, DATABASE is the one that app.json means.
    for name, own in (("ANALYTICS", "aaa-analytics"), ("ARCHIVE", "zzz-archive")):
        assert f"{name}_URL" in site.verb(verbs.create, plan=LARGER, attachment=name, name=own, options=[], patience=60)
    found = plan(site, capsys)
    assert found["steps"] == []
    assert [(each["name"], each["what"], each["todo"]) for each in found["left_alone"]] == [
        ("aaa-analytics", f"{LARGER} as ANALYTICS is not asked for", ""),
        ("zzz-archive", f"{LARGER} as ARCHIVE is not asked for", ""),
    ]
    assert "Nothing is to be done." in site.verb(applying.apply, yes=True)
    assert named(site)["DATABASE"] == first
    site.commit({"app.json": json.dumps({"addons": [PLAN, {"plan": PLAN, "as": "ANALYTICS"}]})})
    assert [each["todo"] for each in plan(site, capsys)["left_alone"]] == [f"./inv addons.upgrade aaa-analytics {PLAN}", ""]


def test_names_that_cannot_be(site: Site) -> None:
    site.commit({"app.json": json.dumps({"addons": [PLAN]})})
    site.verb(applying.apply, yes=True)
    for name, words in (("DATABASE", "as DATABASE already"), ("analytics", "not a name to attach as")):
        with pytest.raises(UsageError, match=words):
            site.verb(verbs.create, plan=PLAN, attachment=name, options=[], patience=60)
    site.verb(verbs.create, plan=PLAN, attachment="ANALYTICS", options=[], patience=60)
    with pytest.raises(UsageError, match="several add-ons heroku-postgresql"):
        site.verb(verbs.upgrade, addon="heroku-postgresql", plan=LARGER)
    assert LARGER in site.verb(verbs.upgrade, addon="ANALYTICS", plan=LARGER)
    assert named(site)["DATABASE"].plan == PLAN
    site.verb(verbs.destroy, addon="ANALYTICS", confirm="tiny")
    assert set(named(site)) == {"DATABASE"}


def test_an_add_on_of_another_app_is_not_made_again(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.commit({"app.json": "{}"})
    client = site.heroku().client
    site.verb(applying.apply, yes=True)
    site.verb(apps.create, name="owner", region="", team="", stack="")
    shared = addons.wait(client, "owner", addons.create(client, "owner", PLAN))
    client.post("/addon-attachments", {"addon": shared.id, "app": "tiny", "name": "DATABASE"}, found=lambda: None, made=str)
    site.commit({"app.json": json.dumps({"addons": [PLAN]})})
    found = plan(site, capsys)
    assert found["steps"] == []
    assert [(each["kind"], each["what"]) for each in found["left_alone"]] == [("add-on", "is owner's, and attached as DATABASE")]
    site.verb(apps.destroy, name="owner", confirm="owner")
