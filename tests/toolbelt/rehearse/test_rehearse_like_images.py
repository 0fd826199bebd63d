"""`./inv rehearse --like` with images: containers here as there, and the layers that are known are not built again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.toolbelt.rehearse.real import STAGE, Real
from tests.toolbelt.rehearsed import IMAGED, Rehearsal, Site
from toolbelt.commands.rehearse.rehearse import Light, Options, rehearse
from toolbelt.heroku import apps, formation

pytestmark = [pytest.mark.slow, pytest.mark.docker]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    made = Real(tmp_path_factory.mktemp("real"), "--runtime", "docker")
    yield made
    made.rehearsal.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, real: Real) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    site = Site.make(root, **IMAGED | {"pyproject.toml": IMAGED["pyproject.toml"] + STAGE.format(**real.facts)})
    site.environ["HEROKU_API_KEY"] = real.facts["token"]
    site.stage = "production"
    site.create()
    site.deploy()
    rehearsal = Rehearsal(root / ".djheroku" / "rehearsal", ("--runtime", "docker", "--set", "memory_sample=0.2")).start()
    yield site
    rehearsal.stop()


def test_the_image_that_runs_there_then_this_one_and_back(site: Site, real: Real) -> None:
    heroku = site.heroku()
    old, before = site.head, real.state(heroku)
    new = site.change()
    tools = site.tools()
    options = Options(accept_migrations=True, seconds=0.5)
    try:
        rehearse(
            tools, build="", keep=False, runtime="", patience=60, like="production", light=Light(rate=5, path="/", seconds=0.5),
            options=options,
        )  # fmt: skip
    finally:
        said = site.file.getvalue()
    assert real.state(heroku) == before, "it was only looked at"

    found = json.loads((site.root / ".djheroku" / "rehearsal" / "report.json").read_text())
    legs = found["facts"]["legs"]
    assert [(leg["title"], leg["commit"], leg["outcome"]) for leg in legs] == [
        ("before", old, "verified"), ("this", new, "verified"), ("back", old, "verified"),
    ]  # fmt: skip
    assert all(dyno["memory"] for leg in legs for dyno in leg["dynos"] if dyno["type"] == "web"), "containers are measured"
    assert "image" in said
    ours = site.tools().heroku("rehearsal", app="tiny-like-production")
    assert apps.info(ours.client, ours.app).is_container
    assert {row.type: row.quantity for row in formation.every(ours.client, ours.app) if row.quantity} == {"web": 1, "worker": 1}
