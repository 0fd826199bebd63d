"""Pushing a commit: to real repositories, and over HTTP to one that asks for the token."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.toolbelt.artifacts.repositories import commit, git, repository
from toolbelt.artifacts import gitpush
from toolbelt.errors import ToolbeltError
from toolbelt.secret import Secret

TOKEN = "HRKU-0123456789-secret-word"
FILES = {"requirements.txt": "Django\n"}
ENVIRON = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Origin(ThreadingHTTPServer):
    """Real repositories over HTTP, through git's own `git http-backend`; keeps what it was told."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Backend)
        self.folder = folder
        self.given: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/mine.git"


class Backend(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        expected = f"Basic {base64.b64encode(f'heroku:{TOKEN}'.encode()).decode()}"
        self.server.given.append(self.headers.get("Authorization", ""))
        if self.server.given[-1] != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="heroku"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environ = {
            **ENVIRON, "GIT_PROJECT_ROOT": str(self.server.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "heroku",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_ADDR": "127.0.0.1",
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }  # fmt: skip
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = subprocess.run(["git", "http-backend"], input=body, env=environ, capture_output=True, check=True).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        lines = [line.partition(": ")[::2] for line in head.decode().split("\r\n")]
        status = next((value for name, value in lines if name == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for name, value in lines:
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Origin]:
    folder = tmp_path / "served"
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "mine.git")
    git(folder / "mine.git", "config", "http.receivepack", "true")
    with Origin(folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def push(root: Path, url: str, sha: str, **options: Any) -> tuple[bool, list[str]]:
    said: list[str] = []
    fresh = gitpush.push(
        root, url, commit=sha, token=options.pop("token", Secret(TOKEN)), environ=ENVIRON, say=said.append,
        flag=" --stage staging", **options,
    )  # fmt: skip
    return fresh, said


def test_the_commit_arrives_on_main_with_the_token_given_over_http(tmp_path: Path, origin: Origin) -> None:
    sha = repository(tmp_path / "repo", FILES)
    assert push(tmp_path / "repo", origin.url, sha)[0]
    assert git(origin.folder / "mine.git", "rev-parse", "refs/heads/main") == sha
    assert push(tmp_path / "repo", origin.url, sha)[0] is False  # it has it already


def test_what_heroku_says_while_it_builds_is_passed_on_without_the_token(tmp_path: Path, origin: Origin) -> None:
    sha = repository(tmp_path / "repo", FILES)
    _hook(origin, f"echo '-----> Building'; echo 'you sent {TOKEN}'; exit 0")
    _, said = push(tmp_path / "repo", origin.url, sha)
    assert "-----> Building" in said
    assert "you sent [REDACTED]" in said


def test_a_failed_build_is_a_rejected_push(tmp_path: Path, origin: Origin) -> None:
    sha = repository(tmp_path / "repo", FILES)
    _hook(origin, "echo ' !     Push rejected, failed to compile Python app.'; exit 1")
    with pytest.raises(ToolbeltError, match="the build failed") as caught:
        push(tmp_path / "repo", origin.url, sha)
    assert "pre-receive hook declined" in caught.value.finding


def test_another_history_is_not_overwritten_unless_asked(tmp_path: Path, origin: Origin) -> None:
    push(tmp_path / "one", origin.url, repository(tmp_path / "one", FILES))
    sha = repository(tmp_path / "two", {"requirements.txt": "flask\n"})
    with pytest.raises(ToolbeltError, match="commits that this branch does not have") as caught:
        push(tmp_path / "two", origin.url, sha)
    assert "--force --stage staging" in caught.value.todo
    push(tmp_path / "two", origin.url, sha, force=True)
    assert git(origin.folder / "mine.git", "rev-parse", "main") == sha


def test_a_shallow_clone_is_told_why_it_is_refused(tmp_path: Path, origin: Origin) -> None:
    repository(tmp_path / "repo", FILES)
    sha = commit(tmp_path / "repo", {"more": "1"})
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{tmp_path / 'repo'}", "clone")
    with pytest.raises(ToolbeltError, match="shallow") as caught:
        push(tmp_path / "clone", origin.url, sha)
    assert "git fetch --unshallow" in caught.value.todo
    assert "--build source" in caught.value.todo


def test_a_shallow_clone_of_what_the_app_has_will_do(tmp_path: Path, origin: Origin) -> None:
    push(tmp_path / "repo", origin.url, repository(tmp_path / "repo", FILES))
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{tmp_path / 'repo'}", "clone")
    sha = commit(tmp_path / "clone", {"more": "1"})
    push(tmp_path / "clone", origin.url, sha)
    assert git(origin.folder / "mine.git", "rev-parse", "main") == sha


def test_a_wrong_token_does_not_hang(tmp_path: Path, origin: Origin) -> None:
    sha = repository(tmp_path / "repo", FILES)
    with pytest.raises(ToolbeltError, match="does not accept the token") as caught:
        push(tmp_path / "repo", origin.url, sha, token=Secret("wrong-word"))
    assert "wrong-word" not in caught.value.finding


def test_no_such_repository(tmp_path: Path, origin: Origin) -> None:
    sha = repository(tmp_path / "repo", FILES)
    with pytest.raises(ToolbeltError, match="no such repository"):
        push(tmp_path / "repo", origin.url.replace("mine", "other"), sha)


def test_nobody_answers(tmp_path: Path) -> None:
    sha = repository(tmp_path / "repo", FILES)
    with pytest.raises(ToolbeltError, match="does not answer"):
        push(tmp_path / "repo", "http://127.0.0.1:9/mine.git", sha)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("fatal: unable to access 'http://127.0.0.1:40123/x.git/': Failed to connect", "does not answer"),
        ("fatal: repository 'http://127.0.0.1:40123/x.git/' not found", "no such repository"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", "does not accept the token"),
        ("!\t4013a7f:refs/heads/main\t[rejected] (non-fast-forward)", "commits that this branch does not have"),
        ("fatal: something else 4031", "ended with status 128"),
    ],
)
def test_what_git_says_is_understood(heard: str, expected: str) -> None:
    assert expected in gitpush._rejected(heard, 128, "").headline


def test_the_token_is_neither_an_argument_nor_in_a_file() -> None:
    argv = gitpush.push_argv(Path("/x"), "https://git.heroku.com/mine.git", commit="abc", force=False)
    assert argv == [
        "git", "-C", "/x", "-c", "credential.helper=", "push", "--porcelain",
        "https://git.heroku.com/mine.git", "abc:refs/heads/main",
    ]  # fmt: skip
    assert TOKEN not in gitpush.HELPER


def _hook(origin: Origin, script: str) -> None:
    hook = origin.folder / "mine.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)
