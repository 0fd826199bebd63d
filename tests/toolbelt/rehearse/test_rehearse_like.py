"""`./inv rehearse --like`: an app that is like a real one, the deploy that is about to be done, and its report.

The real app is one of a rehearsal of its own, which the tools know only as a stage with addresses and a token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.toolbelt.artifacts.repositories import git
from tests.toolbelt.rehearse.real import STAGE, Real
from tests.toolbelt.rehearsed import FILES, Rehearsal, Site
from toolbelt.commands.rehearse.rehearse import Light, Options, Told, rehearse
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import addons, apps, configvars, features, formation
from toolbelt.report.hiding import HIDDEN
from toolbelt.secret import Secret
from toolbelt.stages import REHEARSAL
from toolbelt.tools import Heroku

pytestmark = pytest.mark.slow

PLANTED = "planted-4f1c8e-value-of-the-real-app"
NAMES = ("STRIPE_SECRET_KEY", "PARTNER_URL", "KEPT_OPTIONAL", "GUNICORN_CMD_ARGS", "REDIS_URL")
MANIFEST = json.loads(FILES["app.json"]) | {
    "env": {"WORD": {"generator": "secret"}, "COLOUR": "blue", "KEPT_OPTIONAL": {"required": False}}
}
MANAGE = 'import sys\nprint("loaded", *sys.argv[2:])\nsys.exit(sys.argv[1] != "loaddata")\n'
SITE = {"app.json": json.dumps(MANIFEST), "manage.py": MANAGE, "shop/fixtures/things.json": "[]\n"}
QUICK = Options(accept_migrations=True, seconds=0.5)
LIGHT = Light(rate=5, path="/", seconds=0.5)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    made = Real(tmp_path_factory.mktemp("real"))
    yield made
    made.rehearsal.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, real: Real) -> Iterator[Site]:
    """A site that is released to the real app, and a rehearsal for it."""
    stage = STAGE.format(**real.facts)
    root = tmp_path_factory.mktemp("site")
    site = Site.make(root, **{"pyproject.toml": FILES["pyproject.toml"] + stage}, **SITE)
    site.environ["HEROKU_API_KEY"] = real.facts["token"]
    site.stage = "production"
    site.create()
    heroku = site.heroku()
    configvars.change(heroku.client, heroku.app, {name: Secret(f"{PLANTED}-{name}") for name in NAMES})
    features.enable(heroku.client, heroku.app, "http-disable-keepalive-to-dyno")
    site.deploy()
    formation.scale(heroku.client, heroku.app, {"web": (3, "standard-2x"), "worker": (1, "standard-1x")})
    features.enable(heroku.client, heroku.app, "preboot")
    words = ("--runtime", "process", "--set", "memory_sample=0.2", "--set", "preboot=1")
    rehearsal = Rehearsal(root / ".djheroku" / "rehearsal", words).start()
    yield site
    rehearsal.stop()


def go(site: Site, **options: Any) -> str:
    """`./inv rehearse --like production`."""
    tools = site.tools()
    given = {"build": "", "keep": False, "runtime": "", "patience": 60, "like": "production", "light": LIGHT, "options": QUICK}
    try:
        rehearse(tools, **(given | options))
    finally:
        site.said = site.file.getvalue()
    return site.said


def report(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site.root / ".djheroku" / "rehearsal" / "report.json").read_text())
    return found


def test_the_deploy_that_is_about_to_be_done(site: Site, real: Real, tmp_path: Path) -> None:
    heroku = site.heroku()
    old, before = site.head, real.state(heroku)
    # A site that writes a secret where the report looks.
    new = site.commit({"web.py": 'import os\nopen(os.environ["WORD"], "w").write("x")\n' + FILES["web.py"]})
    status = git(site.root, "status", "--porcelain")

    said = go(site, told=Told(summary=str(tmp_path / "summary.md")))

    assert real.state(heroku) == before  # it was only looked at
    assert git(site.root, "status", "--porcelain") == status
    assert site.head == new
    assert not list((site.root / ".djheroku" / "rehearsal" / "checkouts").iterdir())

    facts = report(site)["facts"]
    assert [(leg["title"], leg["commit"], leg["outcome"]) for leg in facts["legs"]] == [
        ("before", old, "verified"),
        ("this", new, "verified"),
        ("back", old, "verified"),
    ]
    assert "loaded shop/fixtures/things.json" in log(site)
    assert len(facts["requests"]) > 5
    assert all(request["at"] > facts["legs"][0]["at"] for request in facts["requests"])
    assert [write["path"] for leg in facts["legs"] for dyno in leg["dynos"] for write in dyno["writes"]] == [HIDDEN, HIDDEN]
    assert facts["preboot"] is True
    assert [request for request in facts["requests"] if request["status"] != 200] == []
    assert "Rollback" in said
    assert "web has 3 dynos on tiny-live, and 2 here" in facts["notes"]

    # Nothing of the real app's config vars but their names, anywhere; nor of this one's, nor a token.
    ours = doors(site)
    values = {name: value.reveal() for name, value in configvars.every(ours.client, ours.app).items()}
    assert set(values) == {"WORD", "COLOUR", "STRIPE_SECRET_KEY", "PARTNER_URL", "REDIS_URL"}
    assert values["COLOUR"] == "blue"
    assert values["PARTNER_URL"].startswith("https://")
    folder = site.root / ".djheroku" / "rehearsal"
    texts = [said, (folder / "report.html").read_text(), (folder / "report.json").read_text()]
    texts.append((tmp_path / "summary.md").read_text())
    secret = [values["WORD"], values["REDIS_URL"], values["STRIPE_SECRET_KEY"], real.facts["token"], ours.token.reveal()]
    for text in texts:
        assert not [each for each in (PLANTED, *secret) if each in text]
    assert not [value for value in values.values() if PLANTED in value]
    assert "KEPT_OPTIONAL" in dict(facts["config"])["left out"]

    # Alike: sizes, quantities as far as there is room, features.
    rows = {row.type: (row.quantity, row.size) for row in formation.every(ours.client, ours.app) if row.quantity}
    assert rows == {"web": (2, "Standard-2X"), "worker": (1, "Standard-1X")}
    assert features.enabled(ours.client, ours.app) >= {"http-disable-keepalive-to-dyno", "preboot"}
    assert apps.info(ours.client, ours.app).stack == "heroku-24"
    assert [each.plan for each in addons.every(ours.client, ours.app)] == ["heroku-redis:mini"]  # it stands in
    well_formed(texts[1])


def doors(site: Site) -> Heroku:
    return site.tools().heroku(REHEARSAL, app="tiny-like-production")


def log(site: Site) -> str:
    heroku = doors(site)
    url = heroku.client.ask(f"/apps/{heroku.app}/log-sessions", {"lines": 1500})["logplex_url"]
    return httpx.get(url, trust_env=False).text


class Tags(HTMLParser):
    """Complains about a tag that is closed without having been opened, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def well_formed(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []


def test_alone_and_failing_it_is_reported_all_the_same(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit that runs is not in this clone; what is told of this one is that it fails, and the verb fails too."""
    monkeypatch.setattr("toolbelt.commands.rehearse.like.known", lambda _root, _commit: False)
    broken = site.commit({"release.py": f'raise SystemExit("no such column {PLANTED}")\n'})
    with pytest.raises(DeployFailed, match="release phase"):
        go(site, light=Light(rate=0))
    assert "which this clone does not have (git fetch): this commit is rehearsed alone" in site.said
    found = report(site)
    assert [(leg["title"], leg["commit"], leg["outcome"]) for leg in found["facts"]["legs"]] == [("this", broken, "failed")]
    assert found["verdict"] == {"level": "over", "sentence": found["facts"]["legs"][0]["trouble"]}
    assert "release phase" in found["verdict"]["sentence"]


def test_a_plain_rehearsal_reports_too_and_shows_how_its_dynos_end(site: Site) -> None:
    site.commit(FILES | SITE | {"pyproject.toml": (site.root / "pyproject.toml").read_text()})
    said = go(site, like="", once=True, told=Told(strict=True))
    found = report(site)
    (leg,) = found["facts"]["legs"]
    assert leg["outcome"] == "verified"
    assert leg["steps"][-1]["name"] == "restart"
    measures = {measure["key"]: measure for measure in found["measures"]}
    assert measures["stop"]["level"] == "ok"
    assert {"web.1", "worker.1"} <= {dyno["name"] for dyno in leg["dynos"] if dyno["stop"] is not None}
    assert {"build", "size", "phase", "boot", "first", "memory.web", "memory.worker", "requests", "writes"} <= set(measures)
    assert "SIGTERM to exit" in said


def test_what_cannot_be(site: Site) -> None:
    with pytest.raises(UsageError, match="like an app on Heroku"):
        go(site, like=REHEARSAL)
    with pytest.raises(UsageError, match="no light load"):
        go(site, light=Light(rate=100))
    with pytest.raises(UsageError, match="cannot be written"):
        go(site, told=Told(report=str(site.root / "nowhere" / "report.html")))
    with pytest.raises(UsageError, match="not a path"):
        go(site, light=Light(path="keys"))
