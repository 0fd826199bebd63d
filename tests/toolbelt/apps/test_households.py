"""Add-ons, domains, pipelines, access, maintenance and names of an app, on a rehearsal."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.toolbelt.rehearsed import Site, rehearsed
from toolbelt.commands.apps import addons as addons_
from toolbelt.commands.apps import apps, households
from toolbelt.commands.apps import domains as domains_
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import addons, configvars
from toolbelt.heroku import apps as all_apps

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with rehearsed(tmp_path_factory.mktemp("site"), deployed=False) as made:
        yield made


def test_an_add_on_from_its_beginning_to_its_end(site: Site) -> None:
    said = site.verb(addons_.create, plan="heroku-redis:mini", attachment="QUEUE", options=[], patience=60)
    assert "QUEUE_URL" in said
    heroku = site.heroku()
    made = addons.every(heroku.client, heroku.app)[0]
    with pytest.raises(UsageError, match="already: ") as caught:
        site.verb(addons_.create, plan="heroku-redis:premium-0", name="", options=[], patience=60)
    assert f"./inv addons.upgrade {made.name} heroku-redis:premium-0" in caught.value.todo
    assert "heroku-redis:mini → heroku-redis:premium-0" in site.verb(
        addons_.upgrade, addon="QUEUE_URL", plan="heroku-redis:premium-0"
    )
    assert "already" in site.verb(addons_.upgrade, addon="heroku-redis", plan="heroku-redis:premium-0")
    assert made.name in site.verb(addons_.list_, as_json=False)
    assert "premium-0" in site.verb(addons_.wait, addon="", patience=60)
    with pytest.raises(UsageError) as refused:
        site.verb(addons_.destroy, addon="QUEUE_URL", confirm="")
    assert f"./inv addons.destroy {made.name} --stage rehearsal --confirm tiny" in refused.value.todo
    assert addons.every(heroku.client, heroku.app)
    site.verb(addons_.destroy, addon="QUEUE_URL", confirm="tiny")
    assert not addons.every(heroku.client, heroku.app)
    assert "QUEUE_URL" not in configvars.every(heroku.client, heroku.app)


def test_a_plan_that_is_gone_is_told_with_those_that_there_are(site: Site) -> None:
    with pytest.raises(UsageError, match="There is no plan heroku-postgresql:hobby-dev") as caught:
        site.verb(addons_.create, plan="heroku-postgresql:hobby-dev", name="", options=[], patience=60)
    assert "heroku-postgresql:essential-0" in caught.value.todo


@pytest.mark.parametrize(("which", "words"), [("nothing", "no add-on nothing"), ("", "no add-on")])
def test_an_add_on_that_is_none(site: Site, which: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        site.verb(addons_.destroy, addon=which, confirm="tiny")


def test_what_is_no_option(site: Site) -> None:
    with pytest.raises(UsageError, match="'version' is not an option"):
        site.verb(addons_.create, plan="heroku-redis:mini", name="", options=["version"], patience=60)


def test_a_domain(site: Site) -> None:
    said = site.verb(domains_.add, hostname="www.example.com", wait=True, patience=10)
    assert "CNAME" in said
    assert "was there already" in site.verb(domains_.add, hostname="WWW.example.com", wait=False, patience=10)
    assert "ALIAS or ANAME" in site.verb(domains_.add, hostname="example.com", wait=False, patience=10)
    assert "www.example.com" in site.verb(domains_.list_, as_json=False)
    site.verb(domains_.remove, hostname="www.example.com", confirm="")
    with pytest.raises(UsageError, match="has no domain"):
        site.verb(domains_.remove, hostname="www.example.com", confirm="")
    with pytest.raises(ToolbeltError):
        site.verb(domains_.add, hostname="no host", wait=False, patience=10)


def test_maintenance(site: Site) -> None:
    def status() -> int:
        url = httpx.URL(all_apps.info(site.heroku().client, "tiny").web_url)
        local = url.copy_with(host="127.0.0.1")
        return httpx.get(local, headers={"Host": url.netloc.decode()}).status_code

    assert "on" in site.verb(households.maintenance, switch="on")
    assert status() == 503
    assert "on: visitors" in site.verb(households.maintenance, switch="")
    assert "off" in site.verb(households.maintenance, switch="off")
    with pytest.raises(UsageError, match="'up' is neither"):
        site.verb(households.maintenance, switch="up")


def test_access(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.verb(households.add_access, email="ada@example.com")
    assert "already" in site.verb(households.add_access, email="ada@example.com")
    capsys.readouterr()
    site.verb(households.access, as_json=True)
    assert {"email": "ada@example.com", "role": "collaborator"} in json.loads(capsys.readouterr().out)
    site.verb(households.remove_access, email="ada@example.com")
    with pytest.raises(UsageError, match="has no access"):
        site.verb(households.remove_access, email="ada@example.com")
    with pytest.raises(UsageError, match="not an e-mail address"):
        site.verb(households.add_access, email="ada")


def test_pipelines(site: Site) -> None:
    site.verb(households.add_to_pipeline, pipeline="line", place="staging")
    assert "already" in site.verb(households.add_to_pipeline, pipeline="line", place="staging")
    with pytest.raises(ToolbeltError, match="tiny is staging of line"):
        site.verb(households.add_to_pipeline, pipeline="other", place="staging")
    with pytest.raises(UsageError, match="'prod' is no place"):
        site.verb(households.add_to_pipeline, pipeline="line", place="prod")
    lines = site.verb(households.every_pipeline, as_json=False).splitlines()
    assert lines[1].split() == ["line", "staging", "tiny"]
    site.verb(households.remove_from_pipeline)
    assert "in none" in site.verb(households.remove_from_pipeline)


def test_another_name_and_back(site: Site) -> None:
    said = site.verb(households.rename, to="tiny-two")
    assert 'app = "tiny-two"' in said
    assert "tiny-two" in site.verb(households.list_, as_json=False)
    heroku = site.heroku()
    all_apps.rename(heroku.client, "tiny-two", "tiny")
    with pytest.raises(UsageError, match="is not a name for an app"):
        site.verb(households.rename, to="Ünï")


def test_destroying_wants_the_name(site: Site) -> None:
    with pytest.raises(UsageError) as caught:
        site.verb(apps.destroy, name="", confirm="")
    assert "./inv apps.destroy --stage rehearsal --confirm tiny" in caught.value.todo
    with pytest.raises(UsageError, match="'tidy' is not 'tiny'"):
        site.verb(apps.destroy, name="", confirm="tidy")
    assert all_apps.find(site.heroku().client, "tiny")
