"""Review apps on a rehearsal: made, deployed to, listed with what they cost, and gone when their time is over."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.toolbelt.rehearsed import FILES, Rehearsal, Site
from toolbelt.commands.apps import reviewapps
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import apps, configvars
from toolbelt.secret import Secret

pytestmark = pytest.mark.slow
APP_JSON = {
    **json.loads(FILES["app.json"]),
    "environments": {
        "review": {"env": {"WORD": "of a review"}, "addons": ["heroku-redis:mini"], "formation": {"worker": {"quantity": 0}}}
    },
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site.make(tmp_path_factory.mktemp("site"), **{"app.json": json.dumps(APP_JSON)})
    rehearsal = Rehearsal(made.root / ".djheroku" / "rehearsal").start()
    found = json.loads((rehearsal.home / "rehearsal.json").read_text())
    made.environ["HEROKU_API_KEY"] = found["token"]
    places = "".join(f'{key} = "{found[key]}"\n' for key in ("api", "git", "registry", "data"))
    stage = f'[tool.djheroku.stages.review]\napp = "tiny-pr"\nenvironment = "review"\n{places}'
    made.commit({"pyproject.toml": FILES["pyproject.toml"] + stage})
    made.stage = "review"
    try:
        yield made
    finally:
        rehearsal.stop()


def create(site: Site, number: str, life: str = "3d") -> str:
    return site.verb(reviewapps.create, number=number, life=life, build="")


def test_from_nothing_again_and_to_its_end(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    said = create(site, "12")
    assert "http://tiny-pr-12.localhost" in said
    assert "tiny-pr-12 costs about $" in said
    client = site.heroku().client
    assert configvars.every(client, "tiny-pr-12")["WORD"].reveal() == "of a review"
    again = create(site, "12")
    assert "tiny-pr-12" in again.splitlines()[-1]
    capsys.readouterr()
    site.verb(reviewapps.list_, as_json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert found["number"] == "12"
    assert found["cents"] > 0
    assert "0 review apps" in site.verb(reviewapps.sweep)
    configvars.change(client, "tiny-pr-12", {reviewapps.UNTIL: Secret("2020-01-01T00:00Z")})
    assert "1 review apps" in site.verb(reviewapps.sweep)
    assert apps.find(client, "tiny-pr-12") is None
    assert "there is no tiny-pr-12" in site.verb(reviewapps.destroy, number="12")


def test_an_app_that_is_no_review_app_is_not_destroyed(site: Site) -> None:
    client = site.heroku().client
    apps.create(client, "tiny-pr-13")
    with pytest.raises(ToolbeltError, match="not made as a review app"):
        site.verb(reviewapps.destroy, number="13")
    assert apps.find(client, "tiny-pr-13")


@pytest.mark.parametrize("life", ["3", "d", "3w", ""])
def test_what_is_no_time(site: Site, life: str) -> None:
    with pytest.raises(UsageError, match="no time to live"):
        create(site, "14", life)


def test_without_such_a_stage_it_is_said_what_to_write(site: Site) -> None:
    with pytest.raises(UsageError) as caught:
        site.verb(reviewapps.list_, stage="other", as_json=False)
    assert "[tool.djheroku.stages.review]" in caught.value.finding
