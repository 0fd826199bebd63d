"""The hours that the Eco dynos of an account share: who asks, and what counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.rehearsal.harness import QUICK, V3, Running
from tests.rehearsal.samples import FILES, command
from tests.waiting import until

QUOTAS = {"Accept": f"{V3}.account-quotas"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("hours"), runtime="process", settings=replace(QUICK, eco_hours=10.0, eco_used=4.0))
    yield made
    made.stop()


def quota(running: Running) -> Any:
    account = running.http.get("/account").json()["id"]
    return running.http.get(f"/accounts/{account}/actions/get-quota", headers=QUOTAS).json()


def test_only_eco_dynos_that_are_awake_use_hours(running: Running) -> None:
    assert quota(running) == {"account_quota": 36000, "quota_used": 14400, "apps": []}
    app, other = running.app(), running.app()
    for name in (app, other):
        running.release(name, {"web": command("web.py")}, FILES)
    running.http.patch(f"/apps/{app}/formation/web", json={"size": "eco"})
    running.up(app)
    until(lambda: quota(running)["quota_used"] > 14401, what="the hours of the Eco dyno count")
    assert [each["app_uuid"] for each in quota(running)["apps"]] == [running.record(app).id]
    assert running.http.post(f"/_rehearsal/apps/{app}/sleep").status_code == 202
    lives = running.world.dynos.lives
    until(lambda: all(each.over for each in lives.of(running.record(app).id)), what="its process has ended")
    before = quota(running)
    assert sum(each["quota_used"] for each in before["apps"]) == before["quota_used"] - 14400
    assert quota(running) == before


def test_it_is_told_to_the_account_itself_and_to_who_asks_for_it_by_name(running: Running) -> None:
    account = running.http.get("/account").json()["id"]
    assert running.http.get(f"/accounts/{account}/actions/get-quota").status_code == 404
    assert running.http.get("/accounts/somebody/actions/get-quota", headers=QUOTAS).status_code == 404


def test_the_cli_is_told_that_an_app_is_on_eco(running: Running) -> None:
    app = running.app()
    running.release(app, {"web": command("web.py")}, FILES)
    sdk = {"Accept": f"{V3}.sdk"}
    assert running.http.get(f"/apps/{app}", headers=sdk).json()["process_tier"] == "basic"
    running.http.patch(f"/apps/{app}/formation/web", json={"size": "eco"})
    assert running.http.get(f"/apps/{app}", headers=sdk).json()["process_tier"] == "eco"
    assert "process_tier" not in running.http.get(f"/apps/{app}").json()
