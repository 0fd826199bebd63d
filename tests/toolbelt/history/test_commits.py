"""Which commit a release runs: who is asked, in which order, and who is not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from toolbelt.commands.history import commits
from toolbelt.heroku.apps import App
from toolbelt.heroku.releases import Release
from toolbelt.heroku.site import Answer
from toolbelt.heroku.slugs import Slug
from toolbelt.records import FAILED, Record

APP = App("1", "mine", "container", "us", "https://mine.example", "", False, "me")
ONE, TWO = "1" * 40, "2" * 40


def release(version: int, description: str, status: str = "succeeded", slug: str = "") -> Release:
    return Release(f"id{version}", version, status, description, "me", None, False, True, slug, "")


def record(version: int, commit: str, **more: Any) -> Record:
    return Record(app="mine", version=version, commit=commit, **({"release": f"id{version}"} | more))


V1, V2, V3 = release(1, "Deployed web (01)"), release(2, "Set A config vars"), release(3, "Deployed web (02)")
BACK = release(4, "Rollback to v2")


class Asked:
    """Whoever may know; asked has who was asked, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.kept: dict[int, Record] = {}
        self.answer = Answer(200, "5" * 40)
        monkeypatch.setattr(commits.keeping, "kept", lambda _tools, _heroku: self.kept)
        monkeypatch.setattr(commits.keeping, "slugs_of", self._slugs)
        monkeypatch.setattr(commits.site, "ask", self._site)

    def _slugs(self, _tools: object, _heroku: object, wanted: list[str]) -> dict[str, Slug]:
        self.asked += wanted
        return {each: Slug(each, {"old": ONE, "new": TWO}.get(each, ""), None) for each in wanted}

    def _site(self, _client: object, url: str, *, seconds: float) -> Answer:
        self.asked.append(url)
        return self.answer

    def of(self, found: list[Release], *, which: int = 0, app: App = APP, earlier: Any = None) -> str:
        some: Any = SimpleNamespace(client=None)
        return commits.of(some, some, app, found[which] if found else None, found, [earlier] if earlier else [])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def test_nothing_runs(asked: Asked) -> None:
    assert asked.of([]) == ""


def test_what_is_written_down_here_is_enough(asked: Asked) -> None:
    asked.kept = {1: record(1, ONE), 3: record(3, TWO)}
    assert asked.of([V3, V2, V1]) == TWO
    assert asked.of([V3, V2, V1], which=1) == ONE  # config vars alone were changed
    assert asked.of([BACK, V3, V2, V1]) == ONE  # the code of v2, which is that of v1
    assert asked.asked == []


def test_a_journal_comes_first(asked: Asked) -> None:
    asked.kept = {3: record(3, TWO)}
    assert asked.of([V3], earlier=SimpleNamespace(before=3, before_commit=ONE)) == ONE
    assert asked.of([V3], earlier=SimpleNamespace(before=2, before_commit=ONE)) == TWO
    assert asked.of([V3], earlier=SimpleNamespace(before=3, before_commit="")) == TWO


def test_a_slug_is_asked_for_alone(asked: Asked) -> None:
    found = [release(3, "Set B config vars", slug="new"), release(2, "Deploy 2", slug="new"), release(1, "Deploy 1", slug="old")]
    assert asked.of(found) == TWO
    assert asked.asked == ["new"]


def test_the_site_is_asked_last_and_only_where_it_is_this_release(asked: Asked) -> None:
    assert asked.of([V3, V2, V1]) == "5" * 40
    assert asked.of([V3, V2, V1], which=2) == ""
    assert asked.of([V3], app=replace(APP, maintenance=True)) == asked.of([V3], app=replace(APP, web_url="")) == ""
    assert asked.asked == [APP.web_url]
    asked.answer = Answer(200, "unknown")
    assert asked.of([V3]) == ""
    asked.answer = Answer(503, TWO)
    assert asked.of([V3]) == ""


def test_a_record_of_an_earlier_app_of_this_name_counts_nothing(asked: Asked) -> None:
    asked.kept = {3: record(3, TWO, release="another"), 1: record(1, ONE)}
    assert asked.of([V3, V2, V1]) == "5" * 40


def test_what_failed_has_never_run(asked: Asked) -> None:
    asked.kept = {1: record(1, ONE), 2: record(2, TWO, outcome=FAILED)}
    later = release(3, "Set C config vars")
    assert asked.of([later, release(2, "Deployed web (02)", "failed"), V1]) == ONE
    assert asked.of([later, release(2, "Deployed web (02)", "expired"), V1]) == ONE
    asked.kept[2] = record(2, TWO)
    assert asked.of([later, release(2, "Deployed web (02)", "expired"), V1]) == TWO
    del asked.kept[2]
    assert asked.of([later, release(2, "Deployed web (02)", "expired"), V1]) == "5" * 40  # it may have run
    assert asked.of([later, release(2, "Rollback to v1", "expired"), V1]) == "5" * 40
