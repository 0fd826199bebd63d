"""The rehearsal as the real Heroku CLI finds it: a client that knows nothing of us, and Heroku only."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.rehearsal.builds.conftest import HERE, write
from tests.rehearsal.harness import Running
from tests.rehearsal.samples import WEB
from tests.verification.cli import Heroku, Unavailable
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(900)]

APP = {
    "requirements.txt": "",
    ".python-version": f"{HERE}\n",
    "web.py": WEB,
    "Procfile": "release: echo migrating $GREETING\nweb: python web.py\nworker: echo working; sleep 600\n",
}


@pytest.fixture(scope="module")
def heroku(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Heroku:
    try:
        made = Heroku(
            tmp_path_factory.mktemp("home"), api=running.world.base, token=running.world.token,
            certificate=running.home / "tls" / "rendezvous.pem",
        )  # fmt: skip
    except Unavailable as reason:
        pytest.skip(str(reason))
    made("version")  # says once what it says to everybody who starts it first
    return made


@pytest.fixture(scope="module")
def app(heroku: Heroku, running: Running, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An app with a release, made and pushed as a person does it."""
    heroku("create", "pushed-by-hand", "--no-remote")
    heroku("config:set", "GREETING=hello there", "--app", "pushed-by-hand")
    folder = write(tmp_path_factory.mktemp("repository"), APP)
    said = push(heroku, folder, "pushed-by-hand")
    assert "remote: -----> Python app detected" in said
    assert "remote: migrating hello there" in said
    running.up("pushed-by-hand")
    return "pushed-by-hand"


def git(heroku: Heroku, folder: Path, *words: str) -> str:
    """git in the environ of the CLI; a password is asked of a helper, since the CLI's own answers for https only."""
    helper = "!echo username=heroku; echo password=$HEROKU_API_KEY #"
    api = heroku.environ["HEROKU_HOST"]
    settings = ["user.name=Test", "user.email=test@example.com", f"credential.helper={helper}",
                f"url.{api}/git/.insteadOf={api.replace('http:', 'https:')}/git/"]  # fmt: skip
    argv = ["git", *(word for setting in settings for word in ("-c", setting)), *words]
    done = subprocess.run(argv, cwd=folder, env=heroku.environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def push(heroku: Heroku, folder: Path, app: str) -> str:
    git(heroku, folder, "init", "--quiet", "--initial-branch=main")
    git(heroku, folder, "add", "--all")
    git(heroku, folder, "commit", "--quiet", "--message", "first")
    done = subprocess.run(
        ["node", str(heroku.entry), "git:remote", "--app", app], cwd=folder, env=heroku.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return git(heroku, folder, "push", "heroku", "main")


def test_who_and_where(heroku: Heroku) -> None:
    assert "rehearsal@localhost" in heroku("auth:whoami")
    assert "United States" in heroku("regions")
    assert "essential-0" in heroku("addons:plans", "heroku-postgresql")


def test_create_rename_and_destroy(heroku: Heroku) -> None:
    said = heroku("create", "short-lived", "--stack", "heroku-26", "--no-remote")
    assert "short-lived" in said
    assert "* heroku-26" in heroku("stack", "--app", "short-lived")
    heroku("apps:rename", "--app", "short-lived", "shorter")
    assert json.loads(heroku.run("apps:info", "--app", "shorter", "--json").stdout)["app"]["name"] == "shorter"
    heroku("stack:set", "container", "--app", "shorter")
    heroku("maintenance:on", "--app", "shorter")
    refused = heroku.run("apps:destroy", "--app", "shorter", "--confirm", "longer", check=False)
    assert refused.returncode != 0
    heroku("apps:destroy", "--app", "shorter", "--confirm", "shorter")
    assert "shorter" not in heroku("apps")
    gone = heroku.run("apps:info", "--app", "shorter", check=False)
    assert gone.returncode != 0
    assert "Couldn't find that app." in gone.stderr


def test_config(heroku: Heroku, app: str) -> None:
    assert heroku("config:get", "GREETING", "--app", app) == "hello there\n"
    heroku("config:set", "ONE=1", "TWO=a b", "--app", app)
    assert json.loads(heroku.run("config", "--app", app, "--json").stdout)["TWO"] == "a b"
    heroku("config:unset", "ONE", "TWO", "--app", app)
    assert "TWO" not in heroku("config", "--app", app)


def test_ps(heroku: Heroku, running: Running, app: str) -> None:
    assert "web.1: up" in heroku("ps", "--app", app)
    heroku("ps:scale", "web=1:standard-1x", "worker=2:standard-1x", "--app", app)
    running.up(app, "worker.1", "worker.2")
    heroku("ps:scale", "worker-1", "--app", app)
    assert "worker=1:Standard-1X" in heroku("ps:scale", "--app", app)
    heroku("ps:type", "worker=standard-2x", "--app", app)
    assert "worker=1:Standard-2X" in heroku("ps:scale", "--app", app)
    heroku("ps:scale", "worker=0:Eco", "web=1:Eco", "--app", app)
    assert "Eco dyno hours quota remaining this month: 999h 59m (99%)" in heroku("ps", "--app", app)
    heroku("ps:scale", "worker=0:Basic", "web=1:Basic", "--app", app)
    before = running.visit(app).json()["pid"]
    heroku("ps:restart", "--app", app)
    until(lambda: running.visit(app).json()["pid"] != before, what="another process answers")


def test_run(heroku: Heroku, app: str) -> None:
    said = heroku("run", "--app", app, "--no-tty", "--", "echo $GREETING from $DYNO; python --version")
    assert "hello there from run." in said
    assert f"Python {HERE}." in said
    failed = heroku.run("run", "--exit-code", "--app", app, "--", "sh -c 'echo fails; exit 3'", check=False)
    assert failed.returncode == 3
    assert "fails" in failed.stdout
    detached = heroku("run:detached", "--app", app, "--", "echo", "far away")
    dyno = next(word for word in detached.replace(",", " ").split() if word.startswith("run."))
    until(lambda: "far away" in heroku("logs", "--app", app, "--dyno-name", dyno), what="the detached dyno's output")


def test_logs(heroku: Heroku, running: Running, app: str) -> None:
    running.visit(app, "/looked-for-in-the-log")
    said = heroku("logs", "--app", app, "--num", "50")
    assert 'heroku[router]: at=info method=GET path="/looked-for-in-the-log"' in said
    tail = subprocess.Popen(
        ["node", str(heroku.entry), "logs", "--tail", "--app", app], env=heroku.environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert tail.stdout is not None
        assert " heroku[" in tail.stdout.readline() + tail.stdout.readline()  # what was there already
        running.visit(app, "/later")
        assert any("/later" in line for line in iter(tail.stdout.readline, ""))
    finally:
        tail.kill()
        tail.wait()


def test_releases_and_rollback(heroku: Heroku, running: Running, app: str) -> None:
    releases = json.loads(heroku.run("releases", "--app", app, "--json").stdout)
    deploy = next(release for release in releases if release["description"].startswith("Deploy"))
    version = f"v{deploy['version']}"
    assert deploy["description"] in heroku("releases:info", version, "--app", app)
    assert heroku("releases:output", version, "--app", app) == "migrating hello there\n"
    heroku("config:set", "GREETING=changed", "--app", app)
    running.logged(app, "migrating changed")
    heroku("rollback", version, "--app", app)
    until(lambda: f"Rollback to {version}" in heroku("releases", "--app", app), what="the rollback is a release")
    until(lambda: running.visit(app).json()["environ"]["GREETING"] == "hello there", what="the old config vars again")


def test_domains(heroku: Heroku, running: Running, app: str) -> None:
    heroku("domains:add", "www.example.com", "--app", app)
    assert "www.example.com" in heroku("domains", "--app", app)
    answer = running.visit(app, headers={"Host": "www.example.com"})
    assert answer.status_code == 200
    heroku("domains:remove", "www.example.com", "--app", app)
    assert "www.example.com" not in heroku("domains", "--app", app)


def test_webhooks(heroku: Heroku, running: Running, app: str) -> None:
    told = ("--include", "api:release", "--level", "notify", "--app", app)
    said = heroku("webhooks:add", *told, "--url", "https://example.com/told")
    assert "Webhooks Signing Secret" in said
    made = running.http.get(f"/apps/{app}/webhooks").json()[0]["id"]
    assert "https://example.com/told" in heroku("webhooks", "--app", app)
    heroku("webhooks:update", made, *told, "--url", "https://example.com/other")
    assert "https://example.com/other" in heroku("webhooks:info", made, "--app", app)
    refused = heroku.run("webhooks:add", *told, "--url", "nowhere", check=False)
    assert "Url is invalid." in refused.stderr
    heroku("webhooks:remove", made, "--app", app)
    assert running.http.get(f"/apps/{app}/webhooks").json() == []


def test_addons(heroku: Heroku, app: str) -> None:
    heroku("addons:create", "heroku-redis:mini", "--app", app, "--wait")
    assert heroku("config:get", "REDIS_URL", "--app", app).startswith("rediss://")
    listed = json.loads(heroku.run("addons", "--app", app, "--json").stdout)
    name = listed[0]["name"]
    assert "heroku-redis:mini" in heroku("addons:info", name, "--app", app)
    heroku("addons:attach", name, "--as", "CACHE", "--app", app)
    assert heroku("config:get", "CACHE_URL", "--app", app).startswith("rediss://")
    heroku("addons:destroy", name, "--app", app, "--confirm", app)
    assert heroku("config:get", "REDIS_URL", "--app", app).strip() == ""


def test_others(heroku: Heroku, app: str) -> None:
    assert "owner" in heroku("access", "--app", app)
    # By its address: for a name the CLI asks Heroku's registry of buildpacks, wherever its API is.
    heroku("buildpacks:set", "https://github.com/heroku/heroku-buildpack-python", "--app", app)
    assert "heroku-buildpack-python" in heroku("buildpacks", "--app", app)
    heroku("labs:enable", "runtime-dyno-metadata", "--app", app)
    assert "[+] runtime-dyno-metadata" in heroku("labs", "--app", app)
    heroku("pipelines:create", "by-hand", "--app", app, "--stage", "staging")
    assert app in heroku("pipelines:info", "by-hand")
    heroku("create", "promoted-to", "--no-remote")
    heroku("pipelines:add", "by-hand", "--app", "promoted-to", "--stage", "production")
    said = heroku("pipelines:promote", "--app", app)
    assert "promoted-to" in said
    assert "succeeded" in said
    assert "Promote " in heroku("releases", "--app", "promoted-to")
    heroku("apps:destroy", "--app", "promoted-to", "--confirm", "promoted-to")
    heroku("pipelines:remove", "--app", app)
    heroku("pipelines:destroy", "by-hand")


def test_destroy(heroku: Heroku, running: Running, app: str) -> None:
    heroku("apps:destroy", "--app", app, "--confirm", app)
    assert running.visit(app).status_code == 404
