"""What dynos cost: the hours that Eco dynos share, and the price of what a deploy starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rehearsal.harness import QUICK, Running
from tests.rehearsal.samples import FILES, command
from tests.toolbelt.artifacts.repositories import repository
from tests.toolbelt.release.test_backups import heroku_of
from tests.toolbelt.release.test_doctor import said, tools_of
from toolbelt.commands.release import doctor
from toolbelt.doctor import costs
from toolbelt.doctor.finding import Finding
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import apps, formation, quotas
from toolbelt.heroku.formation import Row
from toolbelt.heroku.quotas import Quota
from toolbelt.manifest import Manifest, Wish
from toolbelt.plan import Observed, Wanted

WEB = Row("web", 1, "Basic", "x")
CENTS = {"eco": 500, "basic": 700, "standard-1x": 2500}
HOURS = Quota(3_600_000, 360_000)


def told(found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(each.level, each.what) for each in found]


@pytest.mark.parametrize(
    ("quota", "level", "what"),
    [
        (HOURS, "ok", "900 of 1,000 Eco hours are left this month"),
        (replace(HOURS, used=3_240_000), "ok", "100 of 1,000 Eco hours are left this month"),
        (replace(HOURS, used=3_240_001), "warning", "100 of 1,000 Eco hours are left this month"),
        (replace(HOURS, used=3_600_000), "error", "the account's 1,000 Eco hours are used up: web will not start"),
        (replace(HOURS, used=3_700_000), "error", "the account's 1,000 Eco hours are used up: web will not start"),
        (Quota(0, 0), "error", "web on Eco, and the app's owner has no Eco plan"),
    ],
)
def test_eco_hours(quota: Quota, level: str, what: str) -> None:
    (found,) = costs.hours(["web"], quota)
    assert (found.level, found.what) == (level, what)
    assert level == "ok" or (found.cause and found.fix)


def test_hours_are_nobodys_business_without_eco_or_where_they_are_not_told() -> None:
    assert list(costs.hours([], Quota(0, 0))) == []
    assert list(costs.hours(["web"], None)) == []


def test_what_is_on_eco_or_will_be() -> None:
    assert costs.eco([WEB, Row("worker", 0, "Eco", "x")], {}) == []
    assert costs.eco([replace(WEB, size="Eco")], {}) == ["web"]
    assert costs.eco([], {"web": Wish(1, "eco"), "worker": Wish(0, "eco")}) == ["web"]
    assert costs.eco([replace(WEB, size="Eco")], {"worker": Wish(1, "")}) == ["web", "worker"]


def test_a_deploy_starts_what_has_never_had_a_quantity() -> None:
    manifest = Manifest("", {"web": Wish(1, ""), "worker": Wish(1, ""), "gone": Wish(1, "")}, (), {})
    assert set(costs.coming([replace(WEB, quantity=0)], manifest, {"web": "x", "worker": "x"})) == {"worker"}


@pytest.mark.parametrize(
    ("rows", "wishes", "says"),
    [
        ([], {"web": Wish(1, "basic"), "worker": Wish(2, "basic")}, "web=1 basic, worker=2 basic: $21.00 a month, without"),
        ([WEB], {"worker": Wish(1, "")}, "worker=1 basic: $7.00 a month more, $14.00 in all"),
        ([WEB], {"worker": Wish(1, "Standard-1X")}, "worker=1 standard-1x: $25.00 a month more, $32.00 in all"),
        ([], {"web": Wish(1, "")}, "web=1 of a size that Heroku chooses: $0.00 a month"),
        ([], {"web": Wish(1, "eco")}, "web=1 eco: $0.00 a month"),
    ],
)
def test_the_price_of_what_comes(rows: list[Row], wishes: dict[str, Wish], says: str) -> None:
    (found,) = costs.price(rows, wishes, CENTS)
    assert found.level == "ok"
    assert says in found.what


def test_no_price_where_nothing_starts() -> None:
    assert list(costs.price([WEB], {}, CENTS)) == list(costs.price([WEB], {"worker": Wish(0, "basic")}, CENTS)) == []


# asked of a rehearsal


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process", settings=replace(QUICK, eco_used=1000.0))
    yield running
    running.stop()


def test_a_deploy_to_eco_dynos_that_will_not_start_does_not_begin(spent: Running, tmp_path: Path) -> None:
    repository(tmp_path, {"Procfile": "web: python web.py\nworker: python web.py\n"})
    tools, name = tools_of(tmp_path), spent.app()
    spent.release(name, {"web": command("web.py")}, FILES)
    spent.http.patch(f"/apps/{name}/formation/web", json={"size": "eco"})
    heroku = heroku_of(spent, tools, name)
    app = apps.info(heroku.client, name)
    wanted = Wanted(commit="", subject="", processes={"worker": "x"}, formation={"worker": Wish(1, "basic")})
    observed = Observed(app=app, rows=formation.every(heroku.client, name))
    with pytest.raises(ToolbeltError, match="Eco hours are used up: web will not start") as caught:
        doctor.preflight(tools, heroku, wanted, observed, only=("dynos",))
    assert caught.value.todo.startswith("./inv ps.scale web=1:basic, or wait")
    assert "a deploy starts worker=1 basic: $7.00 a month, without add-ons" in said(tools)
    spent.http.patch(f"/apps/{name}/formation/web", json={"size": "basic"})
    calls = heroku.client.calls
    doctor.preflight(tools, heroku, wanted, replace(observed, rows=()), only=("dynos",))
    assert heroku.client.calls - calls == 6  # the five of every look, and the prices


def test_the_hours_of_somebody_elses_account_are_not_told(spent: Running, tmp_path: Path) -> None:
    repository(tmp_path, {"a": "b"})
    name = spent.app()
    heroku = heroku_of(spent, tools_of(tmp_path), name)
    owner = apps.info(heroku.client, name).owner_id
    assert quotas.eco(heroku.client, owner) == Quota(3_600_000, 3_600_000)
    assert quotas.eco(heroku.client, "somebody") is None
