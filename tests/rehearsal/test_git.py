"""git push, with git itself."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.rehearsal.builds.conftest import HERE
from tests.rehearsal.harness import Running

APP = {"requirements.txt": "", ".python-version": f"{HERE}\n", "Procfile": "worker: sleep 600\n"}


class Repository:
    """A repository of a person, with the app as its remote."""

    def __init__(self, folder: Path, running: Running, app: str) -> None:
        self.folder = folder
        self.url = f"{running.world.git}/{app}.git"
        self.token = running.world.token
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def run(self, *words: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
        secret = base64.b64encode(f"any:{password or self.token}".encode()).decode()
        environ = {
            "PATH": "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin", "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader", "LANG": "C.UTF-8",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {secret}", "GIT_TERMINAL_PROMPT": "0",
        }  # fmt: skip
        argv = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", *words]
        return subprocess.run(argv, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=120)

    def git(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str], message: str = "change") -> str:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("push", *(words or (self.url, "main")))


@pytest.fixture
def repository(running: Running, tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository", running, running.app())


def app_of(repository: Repository) -> str:
    return repository.url.rpartition("/")[2].removesuffix(".git")


def remote(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the other side said, without the padding that git adds for terminals."""
    return [line.removeprefix("remote: ").rstrip() for line in done.stderr.splitlines() if line.startswith("remote:")]


def test_a_push_builds_and_releases(running: Running, repository: Repository) -> None:
    release = "echo migrating; exit $STATUS"
    files = {
        **APP,
        "Procfile": f"release: {release}\nworker: sleep 600\n",
        ".gitattributes": "kept.txt export-ignore\n",
        "kept.txt": "",
    }
    first = repository.commit(files, "the first one")
    running.http.patch(f"/apps/{app_of(repository)}/config-vars", json={"STATUS": "0"})
    done = repository.push()
    assert done.returncode == 0, done.stderr
    said = remote(done)
    assert said[:2] == ["Compressing source files... done.", "Building source:"]
    assert "-----> Python app detected" in said
    assert "       Procfile declares types -> release, worker" in said
    version = next(line for line in said if line.startswith("       Released v")).split()[-1]
    assert said[said.index("Verifying deploy... done.") :][1:] == ["Running release command...", "", "migrating",
                                                                    "Waiting for release.... done."]  # fmt: skip
    latest = running.http.get(f"/apps/{app_of(repository)}/releases").json()[-1]
    assert (f"v{latest['version']}", latest["status"], latest["description"]) == (version, "succeeded", f"Deploy {first[:8]}")
    slug = running.http.get(f"/apps/{app_of(repository)}/slugs/{latest['slug']['id']}").json()
    assert (slug["commit"], slug["commit_description"]) == (first, "the first one")
    assert list((running.home / "slugs").glob(f"{latest['slug']['id']}/app/kept.txt"))  # as it is, not as an archive
    assert repository.git("ls-remote", repository.url, "main").split()[0] == first

    assert "Everything up-to-date" in repository.push().stderr
    # A release phase that fails is no reason to reject the push.
    running.http.patch(f"/apps/{app_of(repository)}/config-vars", json={"STATUS": "1"})
    repository.commit({"b": ""})
    done = repository.push()
    assert done.returncode == 0
    assert remote(done)[-1] == "Waiting for release.... failed."


def test_a_build_that_fails_rejects_the_push(running: Running, repository: Repository) -> None:
    repository.commit({**APP, "uv.lock": ""})
    done = repository.push()
    assert done.returncode != 0
    said = "\n".join(remote(done))
    assert "Error: Multiple Python package manager files were found." in said
    assert " !     Push rejected, failed to compile Python app." in said
    assert f"!\tPush rejected to {app_of(repository)}." in said
    assert "[remote rejected] main -> main (pre-receive hook declined)" in done.stderr
    assert repository.git("ls-remote", repository.url) == ""
    assert running.http.get(f"/apps/{app_of(repository)}/builds").json()[-1]["status"] == "failed"


def test_other_branches_are_kept_and_not_built(running: Running, repository: Repository) -> None:
    repository.commit(APP)
    done = repository.push(repository.url, "HEAD:refs/heads/feature")
    assert done.returncode == 0
    assert remote(done) == ["Pushed to non-main branch, skipping build."]
    assert "refs/heads/feature" in repository.git("ls-remote", repository.url)
    assert running.http.get(f"/apps/{app_of(repository)}/builds").json() == []
    assert repository.push(repository.url, ":refs/heads/feature").returncode == 0


def test_what_git_refuses_by_itself(running: Running, repository: Repository, tmp_path: Path) -> None:
    broken = {**APP, "uv.lock": ""}
    repository.commit(broken)
    repository.push(repository.url, "HEAD:refs/heads/feature")
    repository.git("commit", "--quiet", "--amend", "--message", "other")
    done = repository.push(repository.url, "HEAD:refs/heads/feature")
    assert "non-fast-forward" in done.stderr
    assert repository.push("--force", repository.url, "HEAD:refs/heads/feature").returncode == 0

    repository.commit({"second": ""})
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(tmp_path / "shallow"))
    other = running.app()
    shallow = repository.run("-C", str(tmp_path / "shallow"), "push", f"{running.world.git}/{other}.git", "HEAD:main")
    assert "shallow update not allowed" in shallow.stderr


def test_who_may_push(running: Running, repository: Repository) -> None:
    repository.commit(APP)
    refused = repository.run("push", repository.url, "main", password="wrong")
    assert refused.returncode != 0
    assert "could not read Username" in refused.stderr or "Authentication failed" in refused.stderr
    unknown = repository.push(f"{running.world.git}/no-such-app.git", "main")
    assert "not found" in unknown.stderr
    assert running.http.get(f"{repository.url}/info/refs").status_code in (401, 403)
    assert running.http.post(f"{repository.url}/_received", json={}).status_code == 403


def test_a_container_app_has_no_buildpack(running: Running, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", running, running.app(stack="container"))
    repository.commit(APP)
    assert "does not include a heroku.yml build manifest" in repository.push().stderr
