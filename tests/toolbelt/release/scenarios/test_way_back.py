"""Where the way back is barred, breaks, or was not wanted: what runs is told, and what to type."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.toolbelt.proving import PROVING
from tests.toolbelt.rehearsed import Site
from tests.toolbelt.release.scenarios.scene import QUICK, Scene, paragraph
from tests.waiting import until
from toolbelt.commands.history import keeping
from toolbelt.commands.release.deploy import Options
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import dynos, features

pytestmark = pytest.mark.slow
BOOM = 'raise SystemExit("boom")\n'
ONE_WAY = """\
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RemoveField(model_name="thing", name="price")]
"""


def test_a_migration_that_cannot_be_undone_is_to_be_wanted_and_then_there_is_no_way_back(site: Scene) -> None:
    before = site.current()
    site.commit({"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0001_drop.py": ONE_WAY})
    site.change(web_py=BOOM)
    with pytest.raises(UsageError) as refused:
        site.deploy(options=QUICK)
    assert "shop.0001_drop" in refused.value.finding
    assert "--accept-migrations" in refused.value.todo
    assert site.current() == before
    error = site.failed(options=Options(seconds=1, accept_migrations=True))
    now = site.current()
    assert (now.version > before.version, now.description.startswith("Rollback")) == (True, False), "it was taken back"
    assert "there is no safe way back" in error.headline
    assert f"the code of {before.name} does not work with the database" in paragraph(error)
    assert "shop.0001_drop" in paragraph(error)
    assert f"./inv releases.rollback {before.name} --stage rehearsal" in error.todo
    site.change()
    site.deploy(options=Options(seconds=1, accept_migrations=True))  # forward is the way


def test_what_could_not_be_known_before_is_told_by_the_release_phase(source: Scene) -> None:
    """Of the commit that runs nobody has the history here: whether there is a way back is seen when it is needed."""
    source.commit({"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0001_drop.py": ONE_WAY})
    source.change()
    source.deploy(options=Options(seconds=1, accept_migrations=True))
    heroku, before = source.heroku(), source.current()
    record = keeping.kept(source.tools(), heroku)[before.version]
    keeping.keep(source.tools(), heroku, replace(record, commit="0" * 40))
    source.change(web_py=BOOM, release_py='print("Running migrations:\\n  Applying shop.0001_drop... OK")\n')
    error = source.failed()
    assert "which of them this deploy applies cannot be told" in source.said
    assert "there is no safe way back" in error.headline
    assert f"the code of {before.name} does not work with the database" in paragraph(error)
    assert "shop.0001_drop" in paragraph(error)
    source.change()
    source.deploy(options=QUICK)


# The bad one's release phase leaves something in the store that the old code's release phase stumbles over.
MIGRATES = 'import store\nstore.Store()("SET", "migrated", "1")\n'
STUMBLES = 'import store\nif store.Store()("EXISTS", "migrated") != "0": raise SystemExit("not tonight")\n'


def test_the_way_back_fails_too(site: Scene) -> None:
    """Its release phase says no to the old code."""
    site.change(release_py=STUMBLES)
    site.deploy(options=QUICK)
    before = site.current()
    site.change(release_py=MIGRATES, web_py=BOOM)
    error = site.failed()
    bad, back = (f"v{before.version + number}" for number in (1, 2))
    assert site.current().name == bad
    assert "and taking it back failed" in error.headline
    text = paragraph(error)
    assert f"The way back to {before.name} failed: The release phase of {back} failed" in text
    assert "not tonight" in text
    assert f"Heroku runs {bad}: web.1 crashed" in text
    assert "boom" in text
    assert error.todo.startswith(f"./inv releases.rollback {before.name} --stage rehearsal tries it again")
    site.change()
    site.deploy(options=QUICK)


def test_without_a_rollback_it_is_left_and_the_next_one_goes_back_behind_it(source: Scene) -> None:
    was, before = source.tells(), source.current()
    source.change(web_py=BOOM)
    error = source.failed(options=Options(seconds=1, rollback=False))
    assert source.current().version == before.version + 1
    assert "left as it is, as --no-rollback says" in paragraph(error)
    assert "web.1 crashed" in paragraph(error)
    assert error.todo.startswith(f"./inv releases.rollback {before.name} --stage rehearsal")
    # What was left is no release to go back to, though Heroku calls it succeeded.
    source.change(web_py='raise SystemExit("boom again")\n')
    error = source.failed()
    source.taken_back(error, was)
    assert f"with the code of {before.name}" in error.headline


def test_what_the_deploy_has_changed_beside_the_code_is_as_it_was(source: Scene) -> None:
    """A process type that is new, and its quantity; a feature that was off."""
    heroku = source.heroku()
    was = source.tells()
    features.disable(heroku.client, heroku.app, "runtime-dyno-metadata")
    asked = json.loads(source.files["app.json"])
    asked["formation"]["clock"] = {"quantity": 1}
    procfile = PROVING["Procfile"] + "clock: python clock.py\n"
    source.change(Procfile=procfile, clock_py='raise SystemExit("no time")\n', app_json=json.dumps(asked))
    error = source.failed()
    assert "clock.1 of v" in error.headline
    source.taken_back(error, was)
    assert features.disabled(heroku.client, heroku.app) == ("runtime-dyno-metadata",)
    assert "The formation is as it was: clock=0" in paragraph(error)
    source.change()
    said = source.deploy(options=QUICK)
    assert "✓ feature" in said


def test_the_first_release_has_nothing_to_go_back_to(source: Scene) -> None:
    other = Site(source.root, source.environ)
    source.change(pyproject_toml='[project]\nname = "other"\n', web_py=BOOM)
    other.create()
    with pytest.raises(DeployFailed) as caught:
        other.deploy(options=QUICK)
    assert caught.value.headline.endswith("and nothing ran before it")
    assert re.search("There is no release to go back to.*boom", paragraph(caught.value))
    heroku = other.heroku()
    until(lambda: any(each.state == "crashed" for each in dynos.every(heroku.client, heroku.app)), what="it stays as it is")
