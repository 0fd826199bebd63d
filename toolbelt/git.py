"""What git knows of this checkout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.errors import CommandFailed, MissingTool, ToolbeltError

SHA = re.compile(r"^[0-9a-f]{7,64}$")


def commit(root: Path) -> str:
    """The full sha of HEAD, or "" where there is no git, no repository or no commit yet."""
    try:
        return shell.run(["git", "-C", root, "rev-parse", "--verify", "--quiet", "HEAD"]).stdout.strip()
    except (CommandFailed, MissingTool):
        return ""


def files(root: Path) -> list[str]:
    """The files of the checkout as paths below root: tracked ones and those that git would not ignore."""
    listing = shell.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).stdout
    return [name for name in listing.split("\0") if name and (root / name).is_file()]


def subject(root: Path, commit: str) -> str:
    """The first line of a commit's message, or "" where this checkout does not know the commit."""
    sha = commit.removesuffix("-dirty")
    if not SHA.match(sha):  # what somebody else called a commit may be anything, an option for git too
        return ""
    try:
        done = shell.run(["git", "-C", root, "log", "-1", "--format=%s", sha, "--"], check=False)
    except MissingTool:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@dataclass(frozen=True)
class Head:
    """What HEAD is. commit: the full sha; branch: "" when HEAD is detached; changes: paths that are not committed as
    they are; shallow: the history is cut off."""

    commit: str
    branch: str
    subject: str
    changes: tuple[str, ...]
    shallow: bool

    @property
    def short(self) -> str:
        return self.commit[:7]


def head(root: Path) -> Head:
    """Raises MissingTool where there is no git, and ToolbeltError where there is no repository, or no commit yet."""
    found = commit(root)
    if not found:
        try:
            shell.run(["git", "--version"])
        except MissingTool as error:
            error.todo = error.todo or "Install it: https://git-scm.com/downloads"
            raise
        raise ToolbeltError("There is no commit to deploy", todo="git init && git add --all && git commit --message first")
    status = _git(root, "status", "--porcelain", "--untracked-files=normal", "-z")
    changes = tuple(entry[3:] for entry in status.split("\0") if len(entry) > 3)
    branch = shell.run(["git", "-C", root, "symbolic-ref", "--quiet", "--short", "HEAD"], check=False).stdout.strip()
    subject = _git(root, "log", "-1", "--format=%s").strip()
    return Head(found, branch, subject, changes, _git(root, "rev-parse", "--is-shallow-repository").strip() == "true")


def _git(root: Path, *words: str) -> str:
    return shell.run(["git", "-C", root, *words]).stdout
