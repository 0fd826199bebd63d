"""`./inv promote` of slugs, end to end on a rehearsal without Docker: Heroku's pipeline, then production's own proof."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.toolbelt.promotion.promoted import BRIEF, PRODUCTION, STAGING, Pair, done, planned
from tests.toolbelt.rehearsed import FILES
from tests.toolbelt.release.scenarios.killing import PROMOTE
from tests.toolbelt.release.scenarios.killing import killed as dies
from toolbelt.commands.history import keeping, recording
from toolbelt.commands.lock.locking import locked
from toolbelt.commands.release.deploy import deploy
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import formation, pipelines, releases, webhooks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair.start(tmp_path_factory.mktemp("pair"), runtime="process")
    try:
        with pytest.raises(UsageError, match="runs nothing yet that could be promoted"):
            made.promote()
        made.to_staging()
        yield made
    finally:
        made.stop()


def fresh(pair: Pair, **files: str) -> str:
    """Another commit on staging; its sha."""
    sha = pair.commit({"count": pair.newest("staging").id} | {name.replace("_", "."): text for name, text in files.items()})
    pair.to_staging()
    return sha


def couple(pair: Pair, stage: str, pipeline: str) -> None:
    """Take a stage's app out of its pipeline, and put it into this one; "" into none."""
    heroku = pair.at(stage)
    client, app = heroku.client, str(heroku.client.get(f"/apps/{heroku.app}")["id"])
    if pipelines.coupling(client, heroku.app):
        client.delete(f"/pipeline-couplings/{client.get(f'/apps/{heroku.app}/pipeline-couplings')['id']}")
    if pipeline:
        made = pipelines.find(client, pipeline) or pipelines.create(client, pipeline, like=heroku.app)
        pipelines.couple(client, app, made, stage)


def test_apps_in_two_pipelines_or_half_in_one_are_not_taken_apart(pair: Pair) -> None:
    couple(pair, "staging", "first")
    with pytest.raises(UsageError, match="and these apps are not in one") as caught:
        pair.promote()
    assert caught.value.finding == f"{STAGING}: staging of first\n{PRODUCTION}: in no pipeline"
    assert caught.value.todo.endswith("--make-pipeline first")
    with pytest.raises(UsageError, match="There is a pipeline already, and it is not other"):
        pair.promote(make_pipeline="other")
    couple(pair, "production", "second")
    with pytest.raises(UsageError, match="two pipelines"):
        pair.promote(make_pipeline="first")
    couple(pair, "production", "")
    assert "first: tiny-production as production" in pair.promote(make_pipeline="first", dry_run=True)
    couple(pair, "staging", "")


def test_what_is_missing_is_said_and_a_pipeline_is_made_only_when_it_is_asked_for(pair: Pair) -> None:
    with pytest.raises(UsageError, match="within a pipeline") as caught:
        pair.promote()
    assert caught.value.finding == f"{STAGING}: in no pipeline\n{PRODUCTION}: in no pipeline"
    assert caught.value.todo.endswith("--make-pipeline NAME")
    dry = pair.promote(make_pipeline="tiny", dry_run=True)
    assert pipelines.find(pair.at("staging").client, "tiny") is None
    assert done(dry) == []
    said = pair.promote(make_pipeline="tiny")
    assert planned(dry) == planned(said) == done(said)
    assert "pipeline" in done(said)
    told = [pipelines.coupling(pair.at(stage).client, pair.at(stage).app) for stage in ("staging", "production")]
    assert [each.stage for each in told if each] == ["staging", "production"]
    assert pair.newest("production").slug == pair.newest("staging").slug
    assert pair.tells("production")["commit"] == pair.head
    rows = {row.type: row.quantity for row in formation.every(pair.at("production").client, PRODUCTION)}
    assert (rows["web"], rows["worker"]) == (1, 1)


def test_there_is_nothing_to_promote_twice(pair: Pair) -> None:
    before = pair.newest("production")
    said = pair.promote()
    assert said.startswith(f"Nothing to promote: {PRODUCTION} {before.name} runs what {STAGING} ")
    assert "0 bytes" in said
    assert pair.newest("production") == before


def killed(pair: Pair, stage: str) -> Path:
    """What a run leaves behind that was killed in its gate."""
    tools, heroku = pair.tools(), pair.at(stage)
    assert recording.unfinished(tools, heroku) is None
    path = pair.root / ".djheroku" / "deploys" / f"{keeping.key(heroku)}.json"
    version = pair.newest(stage).version
    facts = {"commit": pair.head, "kind": "promotion", "before": version - 1, "before_commit": ""}
    journal = recording.begin(tools, heroku, formation={}, config=(), **facts)
    journal.note("version", version)
    journal.step("gate")
    path.write_text(path.read_text().replace(f'"pid": {os.getpid()}', '"pid": 999999999'))
    return path


def test_what_a_killed_promotion_left_there_is_proved_by_the_next(pair: Pair) -> None:
    journal = killed(pair, "production")
    said = pair.promote()
    assert "gate" in done(said)
    assert "an earlier run" in said
    assert not journal.exists()
    assert "Nothing to promote" in pair.promote()


@pytest.mark.parametrize("at", ["in promote", "after promote", "in dynos", "in gate", "after gate"])
def test_a_promotion_that_is_killed_is_seen_to_its_end_by_the_next(pair: Pair, at: str) -> None:
    sha = fresh(pair)
    before = pair.newest("production")
    dies(pair, at, verb=PROMOTE)
    said = pair.promote()
    assert "took over the lock of ./inv promote" in said
    assert re.search(rf"an earlier run, of {sha[:7]} at .*, ended {at.replace('in ', 'in its step ')}\.", said)
    assert f"The last good release is {before.name}." in said
    assert "gate" in done(said)
    assert pair.tells("production")["commit"] == sha
    assert "Nothing to promote" in pair.promote()


def test_a_promotion_takes_nothing_of_this_checkout_and_is_recorded_and_leaves_no_lock(pair: Pair, tmp_path: Path) -> None:
    sha = fresh(pair)
    pair.commit({"count": "newer than what runs"})
    (pair.root / "web.py").write_text("not committed, and not even Python")
    with pytest.raises(DeployFailed, match=f"is of commit {sha[:12]}, and {pair.head[:12]} is to be promoted"):
        pair.promote(commit=pair.head)
    said = pair.promote(commit=sha, options=replace(BRIEF, outputs=str(tmp_path / "outputs")))
    assert f"commit={sha}\n" in (tmp_path / "outputs").read_text()
    (pair.root / "web.py").write_text(FILES["web.py"])
    assert pair.tells("production")["commit"] == sha
    made = pair.newest("production")
    record = keeping.kept(pair.tools(), pair.at("production"))[made.version]
    assert (record.kind, record.commit, record.outcome) == ("promotion", sha, "verified")
    assert record.origin == f"{STAGING} {pair.newest('staging').name}"
    assert made.name in said.splitlines()[-1]
    assert webhooks.every(pair.at("production").client, PRODUCTION) == ()


def test_what_differs_is_told_by_name_only(pair: Pair) -> None:
    fresh(pair)
    production = pair.at("production").client
    pair.config("staging", ONLY_HERE="a-secret-value")
    pair.config("production", ONLY_THERE="another-value")
    formation.scale(production, PRODUCTION, {"worker": (0, "")})
    said = pair.promote(dry_run=True)
    assert f"{PRODUCTION} has no ONLY_HERE" in said
    (row,) = (line.split() for line in said.splitlines() if line.startswith("config vars"))
    assert row == ["config", "vars", "ONLY_HERE", "ONLY_THERE"]
    assert "worker 1 Basic" in said
    assert "worker 0 Basic" in said
    assert "value" not in said
    pair.config("staging", ONLY_HERE=None)
    pair.config("production", ONLY_THERE=None)
    formation.scale(production, PRODUCTION, {"worker": (1, "")})


def test_a_staging_that_changes_before_the_release_is_not_promoted(pair: Pair) -> None:
    fresh(pair)
    before, was = pair.newest("production"), pair.newest("staging")

    def change(name: str, _text: str) -> bool:
        if name == "after lock":
            pair.config("staging", MEANWHILE="1")
        return False

    with pytest.raises(DeployFailed, match=rf"{STAGING} has changed: v{was.version + 1}") as caught:
        pair.promote(on=change)
    assert "Nothing was released" in caught.value.finding
    assert pair.newest("production") == before
    assert webhooks.every(pair.at("production").client, PRODUCTION) == ()
    pair.config("staging", MEANWHILE=None)


NEEDS = "import os\nos.environ['NEEDED']\n"


def test_what_does_not_come_up_for_want_of_a_variable_is_rolled_back(pair: Pair) -> None:
    pair.promote()
    good, told = pair.newest("production"), pair.tells("production")["commit"]
    pair.config("staging", NEEDED="1")
    fresh(pair, web_py=NEEDS + FILES["web.py"])
    with pytest.raises(DeployFailed) as caught:
        pair.promote(patience=20)
    assert f"{PRODUCTION} has no NEEDED" in pair.said
    newest = pair.newest("production")
    assert newest.description == f"Rollback to {good.name}"
    assert newest.slug == good.slug
    assert pair.tells("production")["commit"] == told
    text = f"{caught.value.headline}\n{caught.value.finding}"
    assert "NEEDED" in text
    assert good.name in text
    pair.commit(FILES | {"pyproject.toml": (pair.root / "pyproject.toml").read_text()})
    pair.config("staging", NEEDED=None)


def test_a_release_phase_that_fails_at_production_leaves_the_old_release(pair: Pair) -> None:
    phase = "import os, sys\nsys.exit(int(os.environ.get('STATUS', '0')))\n"
    fresh(pair, release_py=phase)
    before = releases.running(pair.at("production").client, PRODUCTION)
    client = pair.at("production").client
    pair.config("production", STATUS="7")
    with pytest.raises(DeployFailed, match="release phase"):
        pair.promote()
    running = releases.running(client, PRODUCTION)
    assert running is not None
    assert before is not None
    assert running.slug == before.slug
    pair.config("production", STATUS=None)


def test_an_app_whose_newest_release_failed_is_not_promoted(pair: Pair) -> None:
    pair.commit({"release.py": "raise SystemExit(3)\n"})
    with pytest.raises(DeployFailed):
        pair.to_staging()
    with pytest.raises(UsageError, match=rf"The newest release of {STAGING}, v\d+, failed"):
        pair.promote()
    pair.commit(FILES | {"pyproject.toml": (pair.root / "pyproject.toml").read_text()})
    pair.to_staging()


def test_what_is_not_verified_yet_is_not_promoted(pair: Pair) -> None:
    staging = pair.at("staging")
    with (
        locked(pair.tools(), staging, commit=pair.head, verb="deploy"),
        pytest.raises(UsageError, match=rf"{STAGING} is being changed: ./inv deploy of {pair.head[:7]} by "),
    ):
        pair.promote()
    found = keeping.kept(pair.tools(), staging)
    kept = found[max(found)]  # config changes may have followed
    keeping.keep(pair.tools(), staging, replace(kept, outcome="failed"))
    with pytest.raises(UsageError, match=rf"has not proved itself there: {kept.name} failed"):
        pair.promote()
    keeping.keep(pair.tools(), staging, kept)
    journal = killed(pair, "staging")
    with pytest.raises(UsageError, match="was never verified"):
        pair.promote()
    journal.unlink()


def test_one_app_is_not_promoted_to_itself(pair: Pair) -> None:
    with pytest.raises(UsageError, match="are one app"):
        pair.promote(source="staging", target="staging")


FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())]),
    ]
"""
DROP = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notes", "0001_initial")]
    operations = [migrations.RemoveField("note", "text")]
"""


def test_a_migration_that_may_do_harm_is_to_be_wanted_here_too(pair: Pair) -> None:
    pair.commit({"notes/__init__.py": "", "notes/migrations/__init__.py": "", "notes/migrations/0001_initial.py": FIRST})
    pair.to_staging()
    pair.promote()
    pair.commit({"notes/migrations/0002_drop.py": DROP})
    meant = replace(BRIEF, accept_migrations=True)
    pair.verb(deploy, stage="staging", options=meant)
    before = pair.newest("production")
    with pytest.raises(UsageError, match="migration of this promotion") as caught:
        pair.promote()
    assert "0002_drop" in caught.value.finding
    assert pair.newest("production") == before
    assert "0002_drop" in pair.promote(options=meant)
