"""GitHub's workflows: what they say is allowed, and their steps run here, in order, so that they cannot rot."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import tasks
from tests.checkout import ROOT, Checkout
from tests.toolbelt.rehearsed import FILES, Rehearsal

FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))
VERBS = {made.name.replace("_", "-") for group in tasks.GROUPS.values() for made in group}
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    found["on"] = found.pop(True, None)  # YAML 1.1 reads "on" as a yes
    return found


def steps(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for job_name, job in workflow(name)["jobs"].items():
        yield from ((job_name, step) for step in job.get("steps", []))


# --- what they say -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_pinned_by_commit_with_their_version_behind(name: str) -> None:
    used = re.findall(r"uses: (\S+)( # v\S+)?$", (FOLDER / f"{name}.yml").read_text(), re.MULTILINE)
    for action, version in used:
        assert action.startswith("$/") or (re.search(r"@[0-9a-f]{40}$", action) and version), action


def test_an_action_has_one_pin_everywhere() -> None:
    text = "".join((FOLDER / f"{name}.yml").read_text() for name in NAMES)
    pins: dict[str, set[str]] = {}
    for action, commit in re.findall(r"uses: ([\w/-]+)@(\S+)", text):
        pins.setdefault(action, set()).add(commit)
    assert all(len(commits) == 1 for commits in pins.values()), pins


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_a_verb(name: str) -> None:
    for _, step in steps(name):
        if "run" in step:
            assert (found := re.match(r"\./inv ([a-z.-]+)", step["run"])), step
            assert found[1] in VERBS
            assert "${{" not in step["run"], "what comes from outside comes by the environ"


@pytest.mark.parametrize("name", NAMES)
def test_rights_are_given_job_by_job(name: str) -> None:
    found = workflow(name)
    assert found["permissions"] == {}
    for job in found["jobs"].values():
        assert set(job["permissions"].values()) <= {"read"}
        assert "timeout-minutes" in job or "uses" in job


def test_a_pull_request_of_a_fork_sees_no_secret() -> None:
    for name in NAMES:
        on = workflow(name)["on"]
        assert "pull_request_target" not in on
        for job in workflow(name)["jobs"].values():
            if "pull_request" in on and "secrets." in yaml.safe_dump(job):
                assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]


def test_one_release_at_a_time() -> None:
    groups = [workflow(name)["concurrency"] for name in ("release", "rollback")]
    assert groups == [{"group": "heroku", "cancel-in-progress": False}] * 2


def test_ci_on_github_is_ci_here() -> None:
    """The steps of the job "test" are what .ci/run ends with, which is where they run."""
    mine = [step["run"] for job, step in steps("ci") if job == "test" and "run" in step]
    assert mine == re.findall(r"^\./inv .*$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


# --- what they do ------------------------------------------------------------------------------------------------------


@dataclass
class Runner:
    """Runs a job's steps as GitHub does: bash, one environ per step, outputs and summary in files."""

    checkout: Checkout
    context: Mapping[str, str]
    folder: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def job(self, name: str, job: str) -> str:
        """The job's steps in order; its environment's URL."""
        for number, step in enumerate(workflow(name)["jobs"][job]["steps"]):
            if "run" in step:
                self._step(step, f"{name}-{job}-{number}")
        return self._filled(workflow(name)["jobs"][job].get("environment", {}).get("url", ""))

    def _step(self, step: Mapping[str, Any], name: str) -> None:
        files = {key: self.folder / f"{name}.{key}" for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.touch()
        environ = self.checkout.child_environ() | {"CI": "true", "GITHUB_ACTIONS": "true"}
        environ |= {key: str(path) for key, path in files.items()} | {"GITHUB_SHA": self.checkout.git("rev-parse", "HEAD")}
        environ |= {key: self._filled(str(value)) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=self.checkout.root, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{step['run']}\n{done.stdout}"
        if "id" in step:
            lines = files["GITHUB_OUTPUT"].read_text().splitlines()
            self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
        self.summary = files["GITHUB_STEP_SUMMARY"].read_text()

    def _filled(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if found := re.fullmatch(r"steps\.(\w+)\.outputs\.(\w+)", match[1]):
                return self.outputs[found[1]].get(found[2], "")
            return self.context[match[1]]

        return EXPRESSION.sub(value, text)


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
        headers = {"Authorization": f"Bearer {found['token']}", "Accept": "application/vnd.heroku+json; version=3"}
        with httpx.Client(base_url=found["api"], headers=headers) as client:
            assert client.post("/pipelines", json={"name": "tiny"}).status_code == 201
            for stage in ("staging", "production"):
                coupling = {"app": f"tiny-{stage}", "pipeline": "tiny", "stage": stage}
                assert client.post("/pipeline-couplings", json=coupling).status_code == 201
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
    runner.job("rollback", "rollback")
    assert told(url) == checkout.git("rev-parse", "HEAD~1")


@pytest.mark.slow
def test_a_pull_request_gets_an_app_of_its_own(checkout: Checkout, heroku: dict[str, str], tmp_path: Path) -> None:
    context = {"secrets.HEROKU_API_KEY": heroku["token"], "github.event.pull_request.number": "7"}
    runner = Runner(checkout, context, tmp_path)
    url = runner.job("review", "create")
    assert "tiny-review-7" in url
    assert told(url) == checkout.git("rev-parse", "HEAD")
    runner.job("review", "destroy")
    found = httpx.URL(url)
    gone = httpx.get(found.copy_with(host="127.0.0.1"), headers={"Host": found.netloc.decode()})
    assert gone.status_code == 404


def told(url: str) -> str:
    """The commit that the site tells."""
    found = httpx.URL(url)
    asked = found.copy_with(host="127.0.0.1", path="/health/release")
    return str(httpx.get(asked, headers={"Host": found.netloc.decode()}).json()["commit"])
