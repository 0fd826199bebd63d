"""A buildpack of a repository, or a database, that is not everybody's: its password goes to Heroku, and to nobody's screen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from tests.toolbelt.apps.asked import asked
from tests.toolbelt.rehearsed import Rehearsal, Site
from toolbelt.commands.apps import applying
from toolbelt.commands.promotion import comparing
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import addons, apps
from toolbelt.heroku.client import Client
from toolbelt.heroku.refusals import refusal

pytestmark = pytest.mark.slow
BEFORE, AFTER = (f"https://me:{word}@github.example/me/pack.git#v2" for word in ("hush-1", "hush-2"))
SHOWN = "https://github.example/me/pack.git#v2"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    rehearsal = Rehearsal(tmp_path_factory.mktemp("heroku")).start()
    try:
        with asked(
            rehearsal, tmp_path_factory.mktemp("asked") / "site", {"buildpacks": [{"url": AFTER}, "heroku/python"]}
        ) as made:
            yield made
    finally:
        rehearsal.stop()


def test_the_password_of_a_buildpack_is_never_shown(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    said = site.verb(applying.plan, as_json=False) + site.verb(applying.apply, yes=True)
    client = site.heroku().client
    assert apps.buildpacks(client, "tiny") == (AFTER, "heroku/python")
    apps.set_buildpacks(client, "tiny", [BEFORE, "heroku/python"])
    told = site.verb(applying.plan, as_json=False)
    assert "with other credentials" in told
    site.verb(applying.plan, as_json=True)
    script = capsys.readouterr().out
    side = comparing.look(site.heroku(), apps.info(client, "tiny"))
    assert side.buildpacks == (SHOWN, "heroku/python")
    said += told + script + site.verb(applying.apply, yes=True)
    assert SHOWN in script
    assert "hush" not in said
    assert apps.buildpacks(client, "tiny") == (AFTER, "heroku/python")


def test_an_app_json_that_cannot_be_is_told_without_it(site: Site) -> None:
    whole = (site.root / "app.json").read_text()
    try:
        (site.root / "app.json").write_text(f'{{"buildpacks": [["{AFTER}"]]}}')
        with pytest.raises(ToolbeltError, match="cannot be read") as caught:
            site.verb(applying.plan, as_json=False)
    finally:
        (site.root / "app.json").write_text(whole)
    assert "hush" not in str(vars(caught.value)) + str(caught.value)


def test_the_password_in_an_add_ons_option_is_sent_and_never_shown(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, sent = "postgres://me:hush@db.example.com/d", []

    def refused(_client: Client, _app: str, _plan: str, *, options: Mapping[str, str], **_more: object) -> None:
        sent.append(dict(options))
        raise refusal(500, {"message": f"{source} does not answer"}, what="POST", request_id="1")

    monkeypatch.setattr(addons, "create", refused)
    whole = (site.root / "app.json").read_text()
    try:
        wanted = {"plan": "heroku-postgresql:essential-0", "options": {"fork": source}}
        (site.root / "app.json").write_text(json.dumps({**json.loads(whole), "addons": [wanted]}))
        said = site.verb(applying.plan, as_json=False)
        site.verb(applying.plan, as_json=True)
        said += capsys.readouterr().out
        with pytest.raises(ToolbeltError, match="Heroku has a problem") as caught:
            site.verb(applying.apply, yes=True)
    finally:
        (site.root / "app.json").write_text(whole)
    assert sent == [{"fork": source}]
    assert "fork postgres://db.example.com/d" in said
    assert "postgres://db.example.com/d does not answer" in caught.value.finding
    assert "hush" not in said + str(vars(caught.value)) + str(caught.value) + capsys.readouterr().out
