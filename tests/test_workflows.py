"""GitHub's workflows: their steps run here, in order, so that they cannot rot."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.checkout import Checkout
from tests.toolbelt.rehearsed import FILES, Rehearsal
from tests.waiting import until
from tests.workflows import Runner, steps


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """This repository with a small site in place of its own: the workflows are what is tried."""
    made = Checkout.make(tmp_path_factory.mktemp("workflows"))
    made.environ["DOCKER_HOST"] = "unix:///nowhere"
    for name, content in FILES.items():
        if name not in ("pyproject.toml", ".gitignore"):
            (made.root / name).write_text(content)
    (made.root / "manage.py").unlink()
    project = made.root / "pyproject.toml"
    text = re.sub(r"^dependencies = \[.*?^\]", "dependencies = []", project.read_text(), flags=re.DOTALL | re.MULTILINE)
    project.write_text(text.replace('postgres-compiled = ["psycopg2"]', "postgres-compiled = []"))
    shutil.rmtree(made.root / "djheroku")
    (made.root / ".venv").symlink_to(sys.prefix)
    made.commit("a small site")
    return made


@pytest.mark.slow
def test_a_pull_request_is_rehearsed(checkout: Checkout, tmp_path: Path) -> None:
    runner = Runner(checkout, {}, tmp_path)
    runner.job("ci", "rehearse")
    home = checkout.root / ".djheroku" / "rehearsal"
    assert (home / "report.html").is_file()
    assert not (home / "rehearsal.json").exists(), "the rehearsal has ended"


@pytest.fixture(scope="module")
def heroku(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Two apps in a pipeline, on a Heroku on this machine, and a checkout whose stages are these."""
    rehearsal = Rehearsal(tmp_path_factory.mktemp("heroku")).start()
    try:
        found: dict[str, str] = json.loads((rehearsal.home / "rehearsal.json").read_text())
        stages = ""
        for stage in ("staging", "production", "review"):
            stages += f'\n[tool.djheroku.stages.{stage}]\napp = "tiny-{stage}"\n'
            stages += "".join(f'{key} = "{found[key]}"\n' for key in ("api", "git", "registry", "data"))
        project = checkout.root / "pyproject.toml"
        project.write_text(project.read_text() + stages)
        checkout.commit("stages")
        checkout.environ["HEROKU_API_KEY"] = found["token"]
        for stage in ("staging", "production"):
            checkout.inv("apps.create", "--stage", stage)
        del checkout.environ["HEROKU_API_KEY"]
        with client(found) as api:
            assert api.post("/pipelines", json={"name": "tiny"}).status_code == 201
            for stage in ("staging", "production"):
                coupling = {"app": f"tiny-{stage}", "pipeline": "tiny", "stage": stage}
                assert api.post("/pipeline-couplings", json=coupling).status_code == 201
        yield found
    finally:
        rehearsal.stop()


@pytest.mark.slow
def test_a_merge_is_released_and_can_be_rolled_back(checkout: Checkout, heroku: dict[str, str], tmp_path: Path) -> None:
    runner = Runner(checkout, {"secrets.HEROKU_API_KEY": heroku["token"]}, tmp_path)
    for message in ("first", "second"):
        (checkout.root / "word").write_text(message)
        commit = checkout.commit(message)
        for job in ("staging", "production"):
            url = runner.job("release", job)
            assert f"tiny-{job}" in url
            assert told(url) == commit
    runner.context = {**runner.context, "inputs.stage": "production", "inputs.release": ""}
    assert runner.job("rollback", "rollback") == url
    assert told(url) == checkout.git("rev-parse", "HEAD~1")


@pytest.mark.slow
def test_a_pull_request_gets_an_app_of_its_own(checkout: Checkout, heroku: dict[str, str], tmp_path: Path) -> None:
    context = {"secrets.HEROKU_API_KEY": heroku["token"], "github.event.pull_request.number": "7"}
    runner = Runner(checkout, context, tmp_path)
    url = runner.job("review", "create")
    assert "tiny-review-7" in url
    assert told(url) == checkout.git("rev-parse", "HEAD")
    left_over(heroku, "tiny-review-8")
    runner.job("review", "sweep")
    assert not there(heroku, "tiny-review-8")
    assert there(heroku, "tiny-review-7"), "its time is not over"
    runner.job("review", "destroy")
    assert not there(heroku, "tiny-review-7")


@pytest.mark.slow
def test_a_release_that_is_cancelled_gives_the_lock_back(checkout: Checkout, heroku: dict[str, str], tmp_path: Path) -> None:
    runner = Runner(checkout, {"secrets.HEROKU_API_KEY": heroku["token"]}, tmp_path)
    (checkout.root / "word").write_text("cancelled")
    checkout.commit("cancelled")
    step = next(step for job, step in steps("release") if job == "staging" and "run" in step)
    begun = runner.begin(step, "cancelled")
    try:
        until(lambda: locks(heroku, "tiny-staging"), what="the lock", seconds=60)
        begun.send_signal(signal.SIGINT)  # to this one process, as GitHub does
        said, _ = begun.communicate(timeout=60)
    finally:
        begun.kill()
    assert "Interrupted" in said
    assert begun.returncode != 0
    assert not locks(heroku, "tiny-staging")


def locks(heroku: dict[str, str], app: str) -> list[object]:
    with client(heroku) as api:
        return list(api.get(f"/apps/{app}/webhooks").raise_for_status().json())


def client(heroku: dict[str, str]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {heroku['token']}", "Accept": "application/vnd.heroku+json; version=3"}
    return httpx.Client(base_url=heroku["api"], headers=headers)


def left_over(heroku: dict[str, str], name: str) -> None:
    """A review app whose pull request was closed while it was in conflict with main."""
    with client(heroku) as api:
        api.post("/apps", json={"name": name}).raise_for_status()
        api.patch(f"/apps/{name}/config-vars", json={"REVIEW_APP_UNTIL": "2020-01-01T00:00Z"}).raise_for_status()


def there(heroku: dict[str, str], name: str) -> bool:
    with client(heroku) as api:
        return api.get(f"/apps/{name}").status_code == 200


def told(url: str) -> str:
    """The commit that the site tells."""
    found = httpx.URL(url)
    asked = found.copy_with(host="127.0.0.1", path="/health/release")
    return str(httpx.get(asked, headers={"Host": found.netloc.decode()}).json()["commit"])
