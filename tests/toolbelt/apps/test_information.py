"""apps.info, on a rehearsal: of an app that nothing was brought to yet, and of one that has everything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.toolbelt.rehearsed import Site
from toolbelt.commands.apps import addons, apps, domains, households, information
from toolbelt.heroku import apps as all_apps
from toolbelt.heroku import releases

pytestmark = pytest.mark.slow


def told(site: Site, stage: str = "") -> dict[str, str]:
    said = site.verb(information.info, as_json=False, **({"stage": stage} if stage else {}))
    return {line.split()[0]: line.strip().partition(" ")[2].strip() for line in said.splitlines()}


def script(site: Site, capsys: pytest.CaptureFixture[str], stage: str) -> dict[str, Any]:
    capsys.readouterr()
    site.verb(information.info, as_json=True, stage=stage)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_an_app_that_has_everything(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.verb(addons.create, plan="heroku-redis:mini", attachment="QUEUE", options=[], patience=60)
    site.verb(domains.add, hostname="www.example.com", wait=False, patience=1)
    site.verb(households.add_to_pipeline, pipeline="tiny", place="staging")
    site.verb(households.maintenance, switch="on")
    client = site.heroku().client
    all_apps.set_buildpacks(client, "tiny", ["https://me:hush@github.example/pack"])
    newest = releases.newest(client, "tiny")
    assert newest
    found = told(site)
    assert found["app"] == "tiny"
    assert found["address"].startswith("http://tiny.localhost:")
    assert (found["stack"], found["region"], found["generation"]) == ("heroku-24", "us", "cedar")
    assert "@" in found["owner"]
    assert found["build"] == "source, https://github.example/pack"
    assert found["release"].startswith(f"{newest.name}, {newest.description}")
    assert "web 1 of Basic" in found["dynos"]
    assert "worker 1 of Basic" in found["dynos"]
    assert found["add-ons"].startswith("heroku-redis:mini (redis-")
    assert "QUEUE_URL" in found["add-ons"]
    assert found["domains"] == "www.example.com"
    assert found["maintenance"].startswith("on")
    assert found["slug"].endswith(("kB", "MB", "bytes"))
    assert found["repository"] == "none"
    assert found["pipeline"] == "staging of tiny"
    parsed = script(site, capsys, site.stage)
    assert parsed["release"]["name"] == newest.name
    assert parsed["buildpacks"] == ["https://github.example/pack"]
    assert parsed["pipeline"] == {"name": "tiny", "stage": "staging"}
    assert parsed["addons"][0]["config_vars"] == ["QUEUE_URL"]
    assert parsed["maintenance"] is True
    assert parsed["slug_bytes"] > 0


def test_an_app_that_nothing_was_brought_to_yet(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.verb(apps.create, name="tiny-2", stage="rehearsal", region="", team="", stack="container")
    found = told(site, "rehearsal@2")
    assert found["build"] == "image"
    assert {found[name] for name in ("dynos", "add-ons", "domains", "slug", "pipeline")} == {"none"}
    assert found["maintenance"] == "off"
    parsed = script(site, capsys, "rehearsal@2")
    assert parsed["slug_bytes"] is None
    assert parsed["pipeline"] is None
    assert parsed["domains"] == []
