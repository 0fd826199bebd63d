"""Real git repositories for tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def git(root: Path, *words: str) -> str:
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    argv = ["git", "-C", str(root), "-c", "user.name=Test", "-c", "user.email=test@example.com", *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True, env={**os.environ, **quiet}).stdout.strip()


def repository(root: Path, files: dict[str, str]) -> str:
    """A repository with one commit of these files; its sha."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    return commit(root, files)


def commit(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "a commit")
    return git(root, "rev-parse", "HEAD")
