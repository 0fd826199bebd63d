"""GitHub's workflows: what they say is what is allowed, and a job runs for those whose it is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

import tasks
from tests.checkout import ROOT
from tests.workflows import FOLDER, NAMES, filled, steps, value, workflow

VERBS = {made.name.replace("_", "-") for group in tasks.GROUPS.values() for made in group}

LOOKING = {"releases", "reviewapps"}
ON = {"vars.HEROKU_RELEASES": "yes", "vars.HEROKU_REVIEW_APPS": "yes", "github.repository": "us/site"}
HEAD = "github.event.pull_request.head.repo.full_name"
OPENED = ON | {"github.event_name": "pull_request", "github.event.action": "opened", HEAD: "us/site",
               "github.event.pull_request.user.login": "somebody", "github.ref": "refs/pull/7/merge"}  # fmt: skip
CLOSED = {**OPENED, "github.event.action": "closed"}
DEPENDABOT = {"github.event.pull_request.user.login": "dependabot[bot]"}
PUSHED = ON | {"github.event_name": "push", "github.ref": "refs/heads/main"}


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
            assert "${{" not in step["run"], "what comes from outside comes by the environ"
            if re.fullmatch(r'echo "::notice title=[^"$`]+"', step["run"]):
                continue
            assert (found := re.match(r"(?:exec )?\./inv ([a-z.-]+)", step["run"])), step
            assert found[1] in VERBS
            assert not re.search(r"[;&|`\n]", step["run"]), "one command"


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_an_app_hears_that_its_run_is_cancelled(name: str) -> None:
    """GitHub signals a step's shell alone, and a shell does not pass it on (docs: workflow cancellation reference)."""
    for _, step in steps(name):
        if "secrets." in yaml.safe_dump(step) and "run" in step:
            verb = step["run"].removeprefix("exec ").split()[1]
            assert step["run"].startswith("exec ") or verb in LOOKING, step


@pytest.mark.parametrize("name", NAMES)
def test_rights_are_given_job_by_job(name: str) -> None:
    found = workflow(name)
    assert found["permissions"] == {}
    for job in found["jobs"].values():
        assert set(job["permissions"].values()) <= {"read"}
        assert "timeout-minutes" in job or "uses" in job


@pytest.mark.parametrize(
    ("event", "jobs"),
    [
        pytest.param(OPENED, ["create"], id="opened"),
        pytest.param(CLOSED, ["destroy"], id="closed"),
        pytest.param({**OPENED, HEAD: "them/site"}, ["none"], id="a fork's"),
        pytest.param({**OPENED, HEAD: None}, ["none"], id="of a fork that is gone"),
        pytest.param({**CLOSED, HEAD: "them/site"}, [], id="a fork's closed"),
        pytest.param({**OPENED, **DEPENDABOT}, ["none"], id="Dependabot's"),
        pytest.param({**CLOSED, **DEPENDABOT}, [], id="Dependabot's closed"),
        pytest.param({**PUSHED, "github.event_name": "schedule"}, ["sweep"], id="schedule"),
        pytest.param({**PUSHED, "github.event_name": "workflow_dispatch"}, ["sweep"], id="by hand"),
        pytest.param({**OPENED, "vars.HEROKU_REVIEW_APPS": ""}, [], id="not switched on"),
        pytest.param({**PUSHED, "github.event_name": "schedule", "vars.HEROKU_REVIEW_APPS": ""}, [], id="nor is the sweep"),
    ],
)
def test_review_apps_are_for_whom_there_are_secrets(event: dict[str, object], jobs: list[str]) -> None:
    assert [name for name, job in workflow("review")["jobs"].items() if value(job["if"], event)] == jobs


def test_no_other_pull_request_s_job_has_a_secret() -> None:
    for name in NAMES:
        on = workflow(name)["on"]
        assert "pull_request_target" not in on
        if name != "review" and "pull_request" in on:
            assert "secrets." not in (FOLDER / f"{name}.yml").read_text()
    assert "secrets." not in yaml.safe_dump(workflow("review")["jobs"]["none"])


def test_what_is_released_is_main() -> None:
    on = workflow("release")["on"]
    assert on["push"] == {"branches": ["main"]}
    condition = workflow("release")["jobs"]["staging"]["if"]
    assert value(condition, PUSHED)
    assert not value(condition, {**PUSHED, "github.ref": "refs/heads/mine"}), "by hand any branch can be named"
    assert not value(condition, {**PUSHED, "vars.HEROKU_RELEASES": ""})


def test_releases_follow_one_another_and_nothing_waits_for_an_approval() -> None:
    """A run that waits for its approval holds the groups of its workflow, and of the job that waits: neither may have one.
    CI is in order as well, for else an older merge whose CI took longer would be deployed over a newer."""
    found = workflow("release")
    assert "concurrency" not in found
    assert found["jobs"]["ci"]["concurrency"] == {"group": "release-ci", "cancel-in-progress": False}
    assert found["jobs"]["staging"]["concurrency"] == {"group": "release-staging", "cancel-in-progress": False}
    production = found["jobs"]["production"]
    assert "concurrency" not in production
    promote = next(step for step in production["steps"] if step.get("id") == "promote")
    assert '--commit "$GITHUB_SHA"' in promote["run"], "what makes a late approval harmless"


@pytest.mark.parametrize(("name", "job"), [("release", "staging"), ("release", "production"), ("rollback", "rollback")])
def test_what_came_of_earlier_releases_is_known_to_a_fresh_machine(name: str, job: str) -> None:
    """Else the bad release of an earlier run is what a later one goes back to. It is kept also where the run fails."""
    steps = workflow(name)["jobs"][job]["steps"]
    changes = next(number for number, step in enumerate(steps) if step.get("run", "").startswith("exec "))
    kept = [(number, step) for number, step in enumerate(steps) if (step.get("with") or {}).get("path") == ".djheroku/releases"]
    restored = [step["with"] for number, step in kept if "cache/restore@" in step["uses"] and number < changes]
    [saved] = [step for number, step in kept if "cache/save@" in step["uses"] and number > changes]
    assert saved["if"] == "always()"
    prefix = restored[-1]["restore-keys"]
    assert saved["with"]["key"].startswith(prefix)
    assert saved["with"]["key"] != prefix, "a key is written once"


def test_a_rollback_waits_for_nothing() -> None:
    """Not in the group of the releases, as it once was: it stood behind one that hung, and a newer pending run of the
    group would have cancelled it. Nor in one of its own: the second of two would go back one release more."""
    found = workflow("rollback")
    assert "concurrency" not in found
    assert "concurrency" not in found["jobs"]["rollback"]


@pytest.mark.parametrize(("name", "job"), [("release", "staging"), ("release", "production"), ("rollback", "rollback")])
def test_dangerous_migrations_are_accepted_by_hand_alone(name: str, job: str) -> None:
    asked = workflow(name)["on"]["workflow_dispatch"]["inputs"]["accept_migrations"]
    assert (asked["type"], asked["default"]) == ("boolean", False)
    step = next(step for step in workflow(name)["jobs"][job]["steps"] if "--accept-migrations" in step.get("run", ""))
    assert "${ACCEPT:+--accept-migrations}" in step["run"]
    told = [filled(step["env"]["ACCEPT"], {"inputs.accept_migrations": given}) for given in (True, False, None)]
    assert told == ["yes", "", ""]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, []),
        ({"inputs.release": "v7"}, ["v7"]),
        ({"inputs.release": "v7; touch x $(touch x)"}, ["v7; touch x $(touch x)"]),
        ({"inputs.accept_migrations": True, "inputs.break_lock": True}, ["--accept-migrations", "--break-lock"]),
        ({"inputs.accept_migrations": False, "inputs.break_lock": False}, []),
    ],
)
def test_what_is_typed_on_the_page_is_handed_on_as_it_is(given: dict[str, object], words: list[str], tmp_path: Path) -> None:
    (tmp_path / "inv").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "inv").chmod(0o755)
    step = next(step for _, step in steps("rollback") if step.get("id") == "rollback")
    context = {"inputs.stage": "production", **given}
    environ = {name: filled(text, context) for name, text in step["env"].items()}
    argv = ["bash", "-e", "-c", step["run"]]
    environ |= {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": "told"}
    said = subprocess.run(argv, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [word for word in said if word not in ("releases.rollback", "--stage", "production", "--outputs", "told")] == words
    assert [path.name for path in tmp_path.iterdir()] == ["inv"]


def test_ci_on_github_is_ci_here() -> None:
    """The steps of the job "test" are what .ci/run ends with, which is where they run."""
    mine = [step["run"] for job, step in steps("ci") if job == "test" and "run" in step]
    assert mine == re.findall(r"^\./inv .*$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
