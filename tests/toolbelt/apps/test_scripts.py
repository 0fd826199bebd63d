"""postdeploy and pr-predestroy of app.json, in one-off dynos of review apps on a rehearsal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.toolbelt.rehearsed import BRIEF, FILES, Rehearsal, Site
from toolbelt import manifest
from toolbelt.commands.apps import applying, reviewapps
from toolbelt.commands.release.deploy import Options
from toolbelt.errors import DeployFailed, Interrupted
from toolbelt.heroku import apps, configvars, dynos
from toolbelt.heroku.client import Client
from toolbelt.heroku.rendezvous import Rendezvous
from toolbelt.secret import Secret

pytestmark = pytest.mark.slow
# $NOTES is a file on this machine, which the dynos of the rehearsal see as well; $STATUS is to be the script's.
POSTDEPLOY = 'echo "seeded $HEROKU_APP_NAME of $HEROKU_PR_NUMBER" | tee -a "$NOTES"; read word; exit $(cat "$STATUS")'
PREDESTROY = {"command": 'echo "gone with $REVIEW_APP_UNTIL" >> "$NOTES"; exit $(cat "$STATUS")', "size": "basic"}


@dataclass
class Told:
    """A site with review apps, what their scripts have noted, and the exit status that they are to have."""

    site: Site
    folder: Path

    @property
    def notes(self) -> list[str]:
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def status(self, value: int) -> None:
        (self.folder / "status").write_text(str(value))

    def create(self, number: str) -> str:
        return self.site.verb(reviewapps.create, number=number, life="3d", build="")

    def destroy(self, number: str, **options: Any) -> str:
        return self.site.verb(reviewapps.destroy, number=number, **options)

    def is_there(self, number: str) -> bool:
        return apps.find(self.site.heroku().client, f"tiny-pr-{number}") is not None


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("notes")
    review = {
        "env": {"NOTES": str(folder / "notes"), "STATUS": str(folder / "status")},
        "formation": {"worker": {"quantity": 0}},
        "scripts": {"postdeploy": POSTDEPLOY, "pr-predestroy": PREDESTROY, "test": "not for us"},
    }
    whole = json.loads(FILES["app.json"]) | {"scripts": {"postdeploy": "exit 77"}, "environments": {"review": review}}
    site = Site.make(tmp_path_factory.mktemp("site"), **{"app.json": json.dumps(whole)})
    rehearsal = Rehearsal(site.root / ".djheroku" / "rehearsal").start()
    found = json.loads((rehearsal.home / "rehearsal.json").read_text())
    site.environ["HEROKU_API_KEY"] = found["token"]
    places = "".join(f'{key} = "{found[key]}"\n' for key in ("api", "git", "registry", "data"))
    stage = f'[tool.djheroku.stages.review]\napp = "tiny-pr"\nenvironment = "review"\n{places}'
    stage += f'[tool.djheroku.stages.plain]\napp = "tiny-plain"\n{places}'
    site.commit({"pyproject.toml": FILES["pyproject.toml"] + stage})
    site.stage = "review"
    try:
        yield site
    finally:
        rehearsal.stop()


@pytest.fixture
def told(running: Site, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(reviewapps, "Options", partial(Options, seconds=BRIEF.seconds))
    made = Told(running, Path(manifest.load(running.root / "app.json").environments["review"]["env"]["NOTES"]).parent)
    (made.folder / "notes").unlink(missing_ok=True)
    made.status(0)
    return made


def test_once_after_the_first_good_deploy_and_before_the_end(told: Told, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    said = told.create("1")
    assert told.notes == ["seeded tiny-pr-1 of 1"]
    assert "seeded tiny-pr-1 of 1\n" in capfd.readouterr().out
    steps = [line.split()[1] for line in said.splitlines() if line.startswith("✓")]
    assert steps.index("postdeploy") > steps.index("record")
    client = told.site.heroku().client
    assert reviewapps.DONE in configvars.every(client, "tiny-pr-1")
    assert [each.state for each in dynos.every(client, "tiny-pr-1") if each.type == "web"] == ["up"]
    told.create("1")
    assert told.notes == ["seeded tiny-pr-1 of 1"]
    told.destroy("1")
    assert told.notes[1].startswith("gone with 20")
    assert not told.is_there("1")


def test_one_that_fails_keeps_its_status_and_runs_again(told: Told) -> None:
    told.status(7)
    with pytest.raises(DeployFailed) as caught:
        told.create("2")
    assert caught.value.status == 7
    assert caught.value.headline == "The script postdeploy of app.json ended with status 7"
    assert "tiny-pr-2 is deployed, and answers." in caught.value.finding
    assert "./inv reviewapps.create 2; to look around: ./inv run --stage review@2 -- bash" in caught.value.todo
    assert reviewapps.DONE not in configvars.every(told.site.heroku().client, "tiny-pr-2")
    told.status(0)
    told.create("2")
    assert len(told.notes) == 2
    told.create("2")
    assert len(told.notes) == 2


def test_an_app_whose_clean_up_fails_is_not_destroyed_unless_that_is_meant(told: Told) -> None:
    told.create("3")
    told.status(4)
    with pytest.raises(DeployFailed) as caught:
        told.destroy("3")
    assert caught.value.status == 4
    assert "./inv reviewapps.destroy 3 --no-script destroys it all the same" in caught.value.finding
    assert told.is_there("3")
    told.destroy("3", script=False)
    assert not told.is_there("3")
    assert len(told.notes) == 2


def test_a_sweep_goes_on_after_one_that_fails(told: Told) -> None:
    client = told.site.heroku().client
    for number in ("4", "5"):
        told.create(number)
        configvars.change(client, f"tiny-pr-{number}", {reviewapps.UNTIL: Secret("2020-01-01T00:00Z")})
    configvars.change(client, "tiny-pr-4", {"STATUS": Secret("/dev/null/none")})
    with pytest.raises(DeployFailed, match="Not every review app whose time is over is gone") as caught:
        told.site.verb(reviewapps.sweep)
    assert caught.value.finding.startswith("tiny-pr-4: The script pr-predestroy of app.json ended with status")
    assert told.is_there("4")
    assert not told.is_there("5")
    told.destroy("4", script=False)


def test_without_a_release_there_is_nothing_to_run_it(told: Told) -> None:
    client = told.site.heroku().client
    apps.create(client, "tiny-pr-6", stack="heroku-24")
    configvars.change(client, "tiny-pr-6", {reviewapps.UNTIL: Secret("2030-01-01T00:00Z")})
    assert "nothing was ever deployed to tiny-pr-6" in told.destroy("6")
    assert not told.is_there("6")
    assert told.notes == []


def test_ctrl_c_in_the_middle(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_words: object, **_named: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Rendezvous, "talk", interrupted)
        with pytest.raises(Interrupted) as caught:
            told.create("7")
    assert "Its dyno is hung up" in caught.value.finding
    assert caught.value.todo == "./inv reviewapps.create 7 runs it from its beginning"
    assert reviewapps.DONE not in configvars.every(told.site.heroku().client, "tiny-pr-7")
    told.create("7")
    assert reviewapps.DONE in configvars.every(told.site.heroku().client, "tiny-pr-7")


def test_ctrl_c_before_it_is_written_down_that_it_ended_well(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    change = configvars.change

    def interrupted(client: Client, app: str, values: Mapping[str, Secret | None]) -> object:
        if reviewapps.DONE in values:
            raise KeyboardInterrupt
        return change(client, app, values)

    monkeypatch.setattr(configvars, "change", interrupted)
    with pytest.raises(Interrupted) as caught:
        told.create("8")
    assert "has ended well, and it may not be written down" in caught.value.headline
    assert "./inv config.set REVIEW_APP_POSTDEPLOY=yes --force --stage review@8" in caught.value.todo


def test_apply_tells_how_it_is_run_where_there_is_no_review_app(told: Told) -> None:
    said = told.site.verb(applying.apply, stage="plain", yes=True)
    assert "app.json's postdeploy is for after the first one: ./inv run --stage plain -- 'exit 77'" in said
    assert "postdeploy" not in told.site.verb(applying.apply, stage="plain", yes=True)
