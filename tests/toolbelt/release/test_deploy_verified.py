"""A release proves itself, or is taken back: every way in which one can be bad, on a rehearsal without Docker.

Each test looks at what runs afterwards, not at what was said alone.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.toolbelt.rehearsed import HEALTH, PROVING, Rehearsal, Site
from tests.waiting import until
from toolbelt.commands.history import keeping
from toolbelt.commands.release.deploy import Options
from toolbelt.errors import DeployFailed, ToolbeltError, UsageError
from toolbelt.heroku import configvars, dynos, features, formation, releases
from toolbelt.heroku.releases import Release
from toolbelt.secret import Secret

pytestmark = pytest.mark.slow
QUICK = Options(seconds=1)
ASKED = {"stack": "heroku-24", "formation": {"web": {"quantity": 1}, "worker": {"quantity": 1}}}
FILES = dict(PROVING)
SECOND = "import time\ntime.sleep(1)\n"  # a release phase that the site is seen to answer in


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("proving")
    beats = root / "beats"
    beats.mkdir()
    beats.chmod(0o777)  # dynos run as users of their own
    root.chmod(0o755)
    FILES["app.json"] = json.dumps(ASKED | {"env": {"BEATS": {"value": str(beats)}}})
    made = Site.make(root / "site", **FILES)
    rehearsal = Rehearsal(
        made.root / ".djheroku" / "rehearsal", ("--runtime", "process", "--set", "stop_grace=3", "--set", "preboot=2")
    ).start()
    try:
        made.create()
        made.deploy(options=QUICK)
        yield made
    finally:
        rehearsal.stop()


def change(site: Site, **files: str) -> str:
    """A commit of its own, with these files and all others as they are when all is well."""
    change.count += 1  # type: ignore[attr-defined]
    named = {name.replace("_", "."): text for name, text in files.items()}
    return site.commit(FILES | {"count": str(change.count)} | named)  # type: ignore[attr-defined]


change.count = 0  # type: ignore[attr-defined]


def current(site: Site) -> Release:
    heroku = site.heroku()
    found = releases.running(heroku.client, heroku.app)
    assert found is not None
    return found


def told(site: Site) -> dict[str, str]:
    """What the site says of itself now."""
    heroku = site.heroku()
    answer = heroku.client.fetch(f"{heroku.client.get('/apps/tiny')['web_url'].rstrip('/')}/health/release")
    assert answer is not None
    found: dict[str, str] = answer.json()
    return found


def good(site: Site) -> str:
    """The commit that runs, of a deploy that went well."""
    return str(told(site)["commit"])


def failed(site: Site, *, options: Options = QUICK, patience: float = 30) -> DeployFailed:
    with pytest.raises(DeployFailed) as caught:
        site.deploy(options=options, patience=patience)
    return caught.value


def paragraph(error: DeployFailed) -> str:
    return " ".join(error.finding.split())


def taken_back(site: Site, error: DeployFailed, commit: str) -> None:
    """The old commit answers, on web and on the worker; what was said of it is so."""
    now = current(site)
    assert now.description.startswith("Rollback to v")
    assert f"{now.name} runs" in error.headline
    assert told(site)["commit"] == commit
    heroku = site.heroku()
    assert {each.version for each in dynos.every(heroku.client, heroku.app)} == {now.version}
    assert {row.type: row.quantity for row in formation.every(heroku.client, heroku.app)} | {"release": 0} == {
        "web": 1, "worker": 1, "release": 0,
    }  # fmt: skip
    assert not list((site.root / ".djheroku" / "deploys").glob("*")), "its journal is over"
    kept = keeping.kept(site.tools(), heroku)
    assert kept[now.version].kind == "rollback"
    assert kept[now.version].commit == commit
    assert kept[max(version for version in kept if version < now.version)].outcome == "rolled back"
    assert paragraph(error).startswith(f"{now.name} runs: the code and config vars of v")
    assert f"commit {commit[:7]}" in paragraph(error)


def test_a_good_deploy_is_held_to_all_of_it(site: Site) -> None:
    sha = change(site)
    said = site.deploy(options=QUICK)
    assert f"ready, worker on {sha[:7]}" in said
    assert re.search(r"answered (\d+) times in a row", said)[1] >= "3"  # type: ignore[index]
    assert keeping.kept(site.tools(), site.heroku())[current(site).version].outcome == "verified"
    assert said.splitlines()[-1].rpartition(", ")[2].startswith(("gap ", "no gap"))


def test_a_release_phase_that_fails_leaves_what_ran(site: Site) -> None:
    was, before = good(site), current(site)
    change(site, release_py='raise SystemExit("django.db.utils.ProgrammingError: relation \\"shop\\" does not exist")\n')
    error = failed(site)
    assert current(site) == before
    assert told(site)["commit"] == was
    assert error.headline == f"The release phase of v{before.version + 1} failed: {before.name} keeps running"
    assert "the database has no table shop" in paragraph(error)
    assert f"The site answers: commit {was[:12]}" in paragraph(error)
    assert not list((site.root / ".djheroku" / "deploys").glob("*")), "its journal is over"


def test_web_is_fine_but_the_worker_crashes(site: Site) -> None:
    was = good(site)
    change(site, worker_py='import beat\nbeat.beat(1)\nraise RuntimeError("no such queue")\n')
    error = failed(site, options=Options(seconds=4))
    taken_back(site, error, was)
    assert "worker.1 of v" in error.headline
    assert "it ended with RuntimeError: no such queue" in paragraph(error)


def test_a_worker_of_another_commit_is_not_the_new_one(site: Site) -> None:
    was = good(site)
    change(site, beat_py=PROVING["beat.py"].replace("COMMIT = os", 'COMMIT = "e" * 40 or os'))
    error = failed(site, patience=3)
    taken_back(site, error, was)
    assert "a worker still runs commit eeeeeeeeeeee" in paragraph(error)


def test_a_site_that_is_slow_to_start_is_waited_for(site: Site) -> None:
    sha = change(site, web_py="import time\ntime.sleep(4)\nimport health\nhealth.serve()\n", release_py=SECOND)
    said = site.deploy(options=QUICK)
    assert told(site)["commit"] == sha
    gap = said.splitlines()[-1].rpartition(", ")[0].rpartition(", ")[2] if "waited" in said.splitlines()[-1] else ""
    assert gap.startswith("gap ")
    assert 3 < float(gap.split()[1]) < 15


def test_a_site_that_answers_500(site: Site) -> None:
    was = good(site)
    change(site, health_py=HEALTH.replace("def release():\n", "def release():\n    return 500, {}\n"))
    error = failed(site, patience=2)
    taken_back(site, error, was)
    assert "/health/release answers HTTP status 500" in paragraph(error)


def test_a_site_that_answers_with_the_old_commit(site: Site) -> None:
    was = good(site)
    change(site, health_py=HEALTH.replace("COMMIT = os", f'COMMIT = "{was}" or os'))
    error = failed(site, patience=2)
    taken_back(site, error, was)
    assert f"/health/release answers commit {was[:12]}" in paragraph(error)


def test_a_site_that_is_not_ready(site: Site) -> None:
    was = good(site)
    checks = "CHECKS = {'database': {'ok': False, 'ms': 1, 'detail': 'does not answer'}}"
    change(site, health_py=HEALTH.replace("CHECKS = {}", checks))
    error = failed(site, patience=3)
    taken_back(site, error, was)
    assert "it is not ready: database: does not answer" in paragraph(error)


def test_a_site_that_answers_well_every_second_time(site: Site) -> None:
    was = good(site)
    sometimes = "N = [0]\ndef release():\n    N[0] += 1\n    if N[0] > 5 and N[0] % 2: return 500, {}\n"
    change(site, health_py=HEALTH.replace("def release():\n", sometimes))
    error = failed(site, options=Options(seconds=4))
    taken_back(site, error, was)
    assert "one time and not the next" in error.headline


@contextmanager
def visitors(site: Site) -> Iterator[list[int]]:
    """Somebody who asks for a page a few times a second; what he got, 0 where nobody answered."""
    over, heroku, visits = threading.Event(), site.heroku(), list[int]()
    page = f"{heroku.client.get('/apps/tiny')['web_url'].rstrip('/')}/"

    def visit() -> None:
        while not over.wait(0.15):
            answer = heroku.client.fetch(page)
            visits.append(answer.status_code if answer is not None else 0)

    visitor = threading.Thread(target=visit, daemon=True)
    visitor.start()
    try:
        yield visits
    finally:
        over.set()
        visitor.join()


def test_visitors_who_see_more_errors_than_before(site: Site) -> None:
    """The health checks are all green; the pages are not."""
    was = good(site)
    broken = HEALTH.replace('lambda: (200, {"page": self.path})', "lambda: (500, {})")
    assert broken != HEALTH
    change(site, health_py=broken)
    with visitors(site) as visits:
        until(lambda: len(visits) > 10, what="visitors came before")
        error = failed(site, options=Options(seconds=4))
    taken_back(site, error, was)
    assert "Visitors of v" in error.headline
    assert "requests failed, where before it were 0 of " in paragraph(error)
    assert visits[-1] == 200


def test_with_preboot_no_request_is_lost(site: Site) -> None:
    heroku = site.heroku()
    formation.scale(heroku.client, heroku.app, {"web": (1, "standard-1x"), "worker": (1, "standard-1x")})
    features.enable(heroku.client, heroku.app, "preboot")
    sha = change(site, web_py="import time\ntime.sleep(1)\nimport health\nhealth.serve()\n")
    try:
        with visitors(site) as visits:
            said = site.deploy(options=QUICK)
    finally:
        features.disable(heroku.client, heroku.app, "preboot")
        formation.scale(heroku.client, heroku.app, {"web": (1, "basic"), "worker": (1, "basic")})
    assert told(site)["commit"] == sha
    assert said.splitlines()[-1].endswith(", no gap")
    assert set(visits) == {200}


def test_a_config_var_that_is_missing(site: Site) -> None:
    was = good(site)
    change(site, web_py='import os\nos.environ["STRIPE_KEY"]\nimport health\nhealth.serve()\n', release_py=SECOND)
    error = failed(site)
    taken_back(site, error, was)
    assert "it reads STRIPE_KEY from its environ, and the app has no such config var" in paragraph(error)
    assert error.todo.startswith("./inv config.set STRIPE_KEY=… --stage rehearsal; then ./inv deploy --stage rehearsal")
    assert "KeyError: 'STRIPE_KEY'" in site.said
    assert "gap " in paragraph(error)


def test_without_a_gate_nobody_looks_at_the_worker(site: Site) -> None:
    sha = change(site, beat_py=PROVING["beat.py"].replace("COMMIT = os", 'COMMIT = "e" * 40 or os'))
    said = site.deploy(options=Options(verify=False))
    assert "✓ gate" not in said
    assert told(site)["commit"] == sha
    assert keeping.kept(site.tools(), site.heroku())[current(site).version].outcome == "released"
    change(site)
    site.deploy(options=QUICK)


def test_without_a_rollback_it_is_left_and_the_next_one_goes_back_behind_it(site: Site) -> None:
    was, before = good(site), current(site)
    change(site, web_py='raise SystemExit("boom")\n')
    error = failed(site, options=Options(seconds=1, rollback=False))
    assert current(site).version == before.version + 1
    assert "left as it is, as --no-rollback says" in paragraph(error)
    assert "web.1 crashed" in paragraph(error)
    assert error.todo.startswith(f"./inv releases.rollback {before.name} --stage rehearsal")
    # What was left is no release to go back to, though Heroku calls it succeeded.
    change(site, web_py='raise SystemExit("boom again")\n')
    error = failed(site)
    taken_back(site, error, was)
    assert f"with the code of {before.name}" in error.headline


def test_what_the_deploy_has_changed_beside_the_code_is_as_it_was(site: Site) -> None:
    """A process type that is new, and its quantity; a feature that was off."""
    heroku = site.heroku()
    was = good(site)
    features.disable(heroku.client, heroku.app, "runtime-dyno-metadata")
    asked = json.loads(FILES["app.json"])
    asked["formation"]["clock"] = {"quantity": 1}
    procfile = PROVING["Procfile"] + "clock: python clock.py\n"
    change(site, Procfile=procfile, clock_py='raise SystemExit("no time")\n', app_json=json.dumps(asked))
    error = failed(site)
    assert "clock.1 of v" in error.headline
    taken_back(site, error, was)
    assert features.disabled(heroku.client, heroku.app) == ("runtime-dyno-metadata",)
    assert "The formation is as it was: clock=0" in paragraph(error)
    change(site)
    said = site.deploy(options=QUICK)
    assert "✓ feature" in said


def set_a_variable(site: Site) -> bool:
    heroku = site.heroku()
    set_a_variable.count += 1  # type: ignore[attr-defined]
    configvars.change(heroku.client, heroku.app, {"WORD": Secret(f"{set_a_variable.count}")})  # type: ignore[attr-defined]
    return False


set_a_variable.count = 0  # type: ignore[attr-defined]


def test_what_somebody_else_releases_meanwhile_is_not_undone(site: Site) -> None:
    before = current(site)
    sha = change(site, beat_py=PROVING["beat.py"].replace("COMMIT = os", 'COMMIT = "e" * 40 or os'))
    with pytest.raises(DeployFailed) as caught:
        site.deploy(options=QUICK, patience=4, on=lambda name, _text: name == "after site" and set_a_variable(site))
    assert current(site).version == before.version + 2
    assert caught.value.headline.endswith(f"and v{before.version + 2} came after it")
    assert "Set WORD config vars" in paragraph(caught.value)
    assert told(site)["commit"] == sha
    change(site)
    site.deploy(options=QUICK)


def test_a_plan_that_is_no_longer_so_is_not_carried_out(site: Site) -> None:
    change(site)
    with pytest.raises(ToolbeltError, match="has changed since the plan was made") as caught:
        site.deploy(options=QUICK, on=lambda name, _text: name == "after lock" and set_a_variable(site))
    assert "Nothing was done" in caught.value.finding
    assert "✓ upload" not in site.said
    site.deploy(options=QUICK)


ONE_WAY = """\
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RemoveField(model_name="thing", name="price")]
"""


def test_a_migration_that_cannot_be_undone_is_to_be_wanted_and_then_there_is_no_way_back(site: Site) -> None:
    was, before = good(site), current(site)
    site.commit({"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0001_drop.py": ONE_WAY})
    bad = change(site, web_py='raise SystemExit("boom")\n')
    with pytest.raises(UsageError) as refused:
        site.deploy(options=QUICK)
    assert "shop.0001_drop" in refused.value.finding
    assert "--accept-migrations" in refused.value.todo
    assert current(site) == before
    error = failed(site, options=Options(seconds=1, accept_migrations=True))
    assert current(site).version == before.version + 1, "it was taken back"
    assert "there is no safe way back" in error.headline
    assert f"the code of {before.name} does not work with the database" in paragraph(error)
    assert "shop.0001_drop" in paragraph(error)
    assert f"./inv releases.rollback {before.name} --stage rehearsal" in error.todo
    assert bad != was
    change(site)
    site.deploy(options=Options(seconds=1, accept_migrations=True))  # forward is the way


def test_the_way_back_fails_too(site: Site) -> None:
    """Its release phase says no to the old code: what runs is told, and what to type."""
    gate = site.root.parent / "beats" / "closed"
    once = 'import os, pathlib\nif pathlib.Path(os.environ["BEATS"], "closed").exists(): raise SystemExit("not tonight")\n'
    change(site, release_py=once)
    site.deploy(options=QUICK)
    before = current(site)
    change(site, web_py='raise SystemExit("boom")\n')
    error = None
    try:
        with pytest.raises(DeployFailed) as caught:
            site.deploy(options=QUICK, on=lambda name, _text: name == "after phase" and bool(gate.write_text("")) and False)
        error = caught.value
    finally:
        gate.unlink(missing_ok=True)
    assert "and taking it back failed" in error.headline
    text = paragraph(error)
    assert f"The way back to {before.name} failed: The release phase of v{before.version + 2} failed" in text
    assert f"Heroku runs v{before.version + 1}: web.1 crashed" in text
    assert "boom" in text
    assert error.todo.startswith(f"./inv releases.rollback {before.name} --stage rehearsal tries it again")
    change(site)
    site.deploy(options=QUICK)


def test_the_first_release_has_nothing_to_go_back_to(site: Site) -> None:
    other = Site(site.root, site.environ)
    change(site, pyproject_toml='[project]\nname = "other"\n', web_py='raise SystemExit("boom")\n')
    other.create()
    with pytest.raises(DeployFailed) as caught:
        other.deploy(options=QUICK)
    assert caught.value.headline.endswith("and nothing ran before it")
    assert "There is no release to go back to" in paragraph(caught.value)
    assert "boom" in paragraph(caught.value)
    heroku = other.heroku()
    until(lambda: any(each.state == "crashed" for each in dynos.every(heroku.client, heroku.app)), what="it stays as it is")
