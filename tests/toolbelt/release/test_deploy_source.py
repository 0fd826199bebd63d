"""`./inv deploy` of source, end to end on a rehearsal without Docker: good and failing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolbelt.rehearsed import FILES, WEB, Site, done, planned, rehearsed
from toolbelt import output
from toolbelt.commands.apps import logs as logs_
from toolbelt.commands.apps import ps
from toolbelt.commands.release import releases
from toolbelt.commands.release.deploy import deploy
from toolbelt.errors import DeployFailed, ToolbeltError, UsageError
from toolbelt.heroku import dynos, formation
from toolbelt.heroku import releases as released

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with rehearsed(tmp_path_factory.mktemp("site"), deployed=False) as made:
        yield made


@pytest.fixture(autouse=True)
def well(site: Site) -> Iterator[None]:
    """Every test begins and ends with the files as they were."""
    yield
    site.commit(FILES)


def test_a_first_deploy_scales_and_its_plan_is_what_is_done(site: Site) -> None:
    dry = site.deploy(dry_run=True)
    assert done(dry) == []
    heroku = site.heroku()
    before = released.newest(heroku.client, heroku.app)
    assert before == released.newest(heroku.client, heroku.app)
    said = site.deploy()
    assert planned(dry) == planned(said) == done(said)
    assert "scale" in done(said)
    last = said.splitlines()[-1]
    assert last.startswith("http://tiny.localhost:")
    assert site.head[:7] in last
    assert " s, " in last
    rows = {row.type: row.quantity for row in formation.every(heroku.client, heroku.app)}
    assert (rows["web"], rows["worker"]) == (1, 1)
    assert not list((site.root / ".djheroku" / "unscaled").glob("*"))


def test_a_second_deploy_leaves_quantities_alone(site: Site) -> None:
    heroku = site.heroku()
    formation.scale(heroku.client, heroku.app, {"worker": (0, "")})
    site.change()
    said = site.deploy()
    assert "scale" not in planned(said)
    assert "worker has no dyno, as somebody has set it" in said
    formation.scale(heroku.client, heroku.app, {"worker": (1, "")})


def test_verbs_on_what_runs(site: Site) -> None:
    assert "web.1" in site.verb(ps.ps, as_json=False)
    assert "verified" in site.verb(releases.list_, count=5, as_json=False)
    assert "verified" in site.verb(releases.info, which="", as_json=False)
    assert "migrated" in site.verb(releases.output, which="")
    log = site.verb(logs_.logs_of_stage, process="", tail=False, lines=200)
    assert "heroku[web.1]" in log
    only = site.verb(logs_.logs_of_stage, process="worker", tail=False, lines=200)
    assert "heroku[worker.1]" in only
    assert "have none of wroker: ./inv ps --stage rehearsal" in site.verb(
        logs_.logs_of_stage, process="wroker", tail=False, lines=9
    )
    assert "heroku[web.1]" not in only


def test_lists_for_scripts(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.verb(releases.list_, count=2, as_json=True)
    assert len(json.loads(capsys.readouterr().out)) == 2
    site.verb(ps.ps, as_json=True)
    assert {dyno["name"] for dyno in json.loads(capsys.readouterr().out)["dynos"]} == {"web.1", "worker.1"}
    site.verb(logs_.open_, path="/x")
    assert capsys.readouterr().out.startswith("http://tiny.localhost:")


def test_a_rollback_brings_back_what_ran_before(site: Site) -> None:
    heroku = site.heroku()
    old = released.newest(heroku.client, heroku.app)
    assert old is not None
    site.change()
    site.deploy()
    said = site.verb(releases.rollback, which="")
    assert f"config vars of {old.name}" in said
    newest = released.newest(heroku.client, heroku.app)
    assert newest is not None
    assert newest.description == f"Rollback to {old.name}"
    with pytest.raises(ToolbeltError):
        site.verb(releases.rollback, which="v9999")
    with pytest.raises(UsageError, match="is not a release"):
        site.verb(releases.rollback, which="last")


def test_a_failing_release_phase_fails_and_the_old_release_stays(site: Site) -> None:
    heroku = site.heroku()
    running = released.running(heroku.client, heroku.app)
    assert running is not None
    site.change(release_py='import sys\nsys.exit("no such column")\n')
    with pytest.raises(DeployFailed, match="release phase of v") as caught:
        site.deploy()
    assert "no such column" in site.said
    assert f"{running.name} keeps running" in caught.value.finding
    assert "releases.output" in caught.value.todo
    assert all(dyno.version == running.version for dyno in dynos.every(heroku.client, heroku.app))
    with pytest.raises(DeployFailed, match="failed"):
        site.verb(releases.output, which="")


def test_a_failing_build_fails_and_releases_nothing(site: Site) -> None:
    heroku = site.heroku()
    before = released.newest(heroku.client, heroku.app)
    site.change(requirements_txt="there-is-no-such-package-anywhere==1\n")
    with pytest.raises(DeployFailed, match="The build failed"):
        site.deploy()
    assert "there-is-no-such-package-anywhere" in site.said
    assert released.newest(heroku.client, heroku.app) == before


def test_what_the_buildpack_refuses_is_not_uploaded(site: Site) -> None:
    site.commit({"uv.lock": "version = 1\n"})
    try:
        with pytest.raises(ToolbeltError, match="buildpack would refuse") as caught:
            site.deploy()
        assert "more than one package manager" in caught.value.finding
        assert "Nothing was built" in caught.value.finding
    finally:
        (site.root / "uv.lock").unlink()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"web_py": 'raise SystemExit("boom at boot")\n'}, "boom at boot"),
        ({"web_py": 'HOST = "0.0.0.0"\n' + WEB.replace('(HOST, int(os.environ["PORT"]))', "(HOST, 0)")}, ""),
        ({"web_py": 'HOST = "127.0.0.1"\n' + WEB}, ""),
        ({"Procfile": FILES["Procfile"].replace("web: python", "web: pyhton")}, "there is no program pyhton"),
    ],
    ids=["crashes at boot", "never binds", "binds to localhost only", "wrong command"],
)
def test_a_site_that_does_not_come_up_fails_with_its_log(site: Site, files: dict[str, str], why: str) -> None:
    site.change(**files)
    with pytest.raises(DeployFailed, match=r"web\.1 of v") as caught:
        site.deploy(patience=8)
    assert ("crashed" if why else "not up after") in caught.value.headline
    assert "it was taken back" in caught.value.headline
    assert (why or "has not bound to $PORT") in caught.value.finding, site.said
    assert "web.1   │" in site.said
    assert "./inv deploy --stage rehearsal" in caught.value.todo


def test_a_site_that_tells_another_commit_fails(site: Site) -> None:
    site.change(web_py='HOST = "0.0.0.0"\n' + WEB.replace('or "unknown"}', '} | {"commit": "f" * 40}'))
    with pytest.raises(DeployFailed, match="does not answer with commit") as caught:
        site.deploy(patience=3)
    assert "commit ffffffffffff" in caught.value.finding


def test_a_site_that_knows_no_commit_is_told_of(site: Site) -> None:
    web = 'import os\nos.environ.pop("HEROKU_BUILD_COMMIT", 0)\nos.environ.pop("HEROKU_SLUG_COMMIT", 0)\n'
    site.change(web_py=web + 'HOST = "0.0.0.0"\n' + WEB)
    assert "does not know its commit" in site.deploy()


def test_a_dirty_checkout_is_not_deployed_unasked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.root / "web.py").write_text("changed\n")
    with pytest.raises(UsageError) as caught:
        site.deploy()
    assert "web.py" in caught.value.finding
    assert "--allow-dirty" in caught.value.todo
    tools = site.tools()
    asked: list[str] = []
    monkeypatch.setattr(output, "ask", lambda question: bool(asked.append(question)))
    object.__setattr__(tools.config, "interactive", True)
    with pytest.raises(ToolbeltError, match="Nothing was done"):
        deploy(tools, stage="rehearsal")
    assert asked == ["Deploy it?"]


def test_what_is_to_be_included_is_looked_for_at_once(site: Site) -> None:
    for wrong in ("nothing-there", "/etc/hostname", "../.."):
        with pytest.raises(UsageError, match="no such file or folder in this checkout"):
            site.deploy(include=["Procfile", wrong], dry_run=True)
    with pytest.raises(UsageError, match="archive of source"):
        site.deploy(build="git", include=["Procfile"], dry_run=True)


def test_a_detached_head_is_not_deployed_unasked(site: Site) -> None:
    from tests.toolbelt.artifacts.repositories import git

    git(site.root, "checkout", "--quiet", "--detach")
    try:
        with pytest.raises(UsageError) as caught:
            site.deploy()
        assert "--allow-detached" in caught.value.todo
        with pytest.raises(UsageError) as caught:
            site.deploy(build="source", include=["Procfile"])
        assert "./inv deploy --stage rehearsal --build source --include Procfile --allow-detached" in caught.value.todo
        assert "--allow-dirty" not in caught.value.todo
        site.deploy(dry_run=True)  # a plan may be had of anything
    finally:
        git(site.root, "checkout", "--quiet", "main")


def test_git_is_pushed_and_what_is_there_is_not_released_again(site: Site) -> None:
    sha = site.change()
    dry, said = site.deploy(build="git", dry_run=True), site.deploy(build="git")
    assert planned(dry) == planned(said) == done(said)
    assert "Launching" in said
    assert sha[:7] in said.splitlines()[-1]
    again = site.deploy(build="git")
    assert "everything up to date" in again
    assert again.splitlines()[-1].split()[1] == said.splitlines()[-1].split()[1]


def test_no_token_is_told_anywhere(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """Everything that was printed, and everything that was kept, but for the rehearsal's own files."""
    token = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())["token"]
    site.change()
    heard = [site.deploy(build="git"), site.deploy(dry_run=True), *capfd.readouterr()]
    heroku = site.heroku()
    heard += [repr(heroku), repr(heroku.stage), str(vars(heroku.client)), str(vars(heroku.registry))]
    assert not any(token in text for text in heard)
    for path in Path(site.root).rglob("*"):
        if path.is_file() and ".djheroku/rehearsal" not in path.as_posix():
            assert token.encode() not in path.read_bytes(), path


def test_an_app_that_is_not_there(site: Site) -> None:
    tools = site.tools()
    (site.root / "pyproject.toml").write_text('[project]\nname = "nobodys"\n')
    with pytest.raises(ToolbeltError, match="There is no app nobodys") as caught:
        deploy(tools, stage="rehearsal", allow_dirty=True)
    assert "./inv apps.create --stage rehearsal" in caught.value.todo
