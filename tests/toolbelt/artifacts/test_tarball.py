"""The source of a commit: what is in the archive, and what is refused before it is sent."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.toolbelt.artifacts.repositories import commit, git, repository
from toolbelt.artifacts import tarball
from toolbelt.errors import ToolbeltError, UsageError

FILES = {"requirements.txt": "Django\n", "Procfile": "web: true\n", "site/a.py": "1\n", "docs/x.md": "x\n", "tests/t.py": ""}


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return archive.getnames()


def test_it_holds_the_commit_and_nothing_else(tmp_path: Path) -> None:
    sha = repository(tmp_path / "repo", FILES)
    (tmp_path / "repo" / "junk").write_text("not committed")
    (tmp_path / "repo" / "Procfile").write_text("web: changed\n")
    made = tarball.pack(tmp_path / "repo", sha, to=tmp_path / "out.tgz")
    assert sorted(names(made.path)) == sorted(FILES) == sorted(made.names)
    with tarfile.open(made.path) as archive:
        assert archive.extractfile("Procfile").read() == b"web: true\n"  # type: ignore[union-attr]
    assert made.size == made.path.stat().st_size
    assert made.checksum.startswith("SHA256:")


def test_the_same_commit_is_the_same_archive(tmp_path: Path) -> None:
    sha = repository(tmp_path / "repo", FILES)
    first = tarball.pack(tmp_path / "repo", sha, to=tmp_path / "1.tgz")
    second = tarball.pack(tmp_path / "repo", sha, to=tmp_path / "2.tgz")
    assert first.checksum == second.checksum
    assert first.path.read_bytes()[4:8] == b"\0\0\0\0"  # no time in it


def test_modes_and_links_are_kept(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    repository(root, FILES)
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("run")
    sha = commit(root, {})
    made = tarball.pack(root, sha, to=tmp_path / "out.tgz")
    with tarfile.open(made.path) as archive:
        assert archive.getmember("run").mode & 0o111
        assert archive.getmember("link").linkname == "run"


def test_slugignore_is_honoured_as_the_commit_has_it(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    sha = repository(root, FILES | {".slugignore": "# not shipped\n/docs\n*.md\n!keep.md\n\ntests/\n", "keep.md": "x"})
    (root / ".slugignore").write_text("site/\n")
    git(root, "add", "--all")
    made = tarball.pack(root, sha, to=tmp_path / "out.tgz")
    assert sorted(made.names) == [".slugignore", "Procfile", "requirements.txt", "site/a.py"]
    assert "M  .slugignore" in git(root, "status", "--porcelain")  # what was staged still is


def test_include_adds_what_git_does_not_have(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    sha = repository(root, FILES | {".gitignore": "built/\n"})
    (root / "built" / "deep").mkdir(parents=True)
    (root / "built" / "deep" / "app.js").write_text("js")
    made = tarball.pack(root, sha, to=tmp_path / "out.tgz", include=["built"])
    assert "built/deep/app.js" in names(made.path)
    for wrong in ("nowhere", "../out.tgz"):
        with pytest.raises(UsageError, match="no such file"):
            tarball.pack(root, sha, to=tmp_path / "out.tgz", include=[wrong])


def test_a_shallow_clone_will_do(tmp_path: Path) -> None:
    repository(tmp_path / "repo", FILES)
    sha = commit(tmp_path / "repo", {"more": "1"})
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{tmp_path / 'repo'}", "clone")
    assert git(tmp_path / "clone", "rev-parse", "--is-shallow-repository") == "true"
    assert "more" in tarball.pack(tmp_path / "clone", sha, to=tmp_path / "out.tgz").names


def test_a_worktree_will_do(tmp_path: Path) -> None:
    sha = repository(tmp_path / "repo", FILES | {".slugignore": "docs\n"})
    git(tmp_path / "repo", "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    assert "docs/x.md" not in tarball.pack(tmp_path / "tree", sha, to=tmp_path / "out.tgz").names


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (["requirements.txt", "uv.lock", ".python-version"], "more than one package manager"),
        (["requirements.txt", "Pipfile.lock"], "Pipfile.lock and requirements.txt"),
        (["Procfile"], "would not know what to install"),
        (["Pipfile"], "Pipfile without Pipfile.lock"),
        (["setup.py"], "setup.py alone"),
        (["requirements.txt", ".venv/pyvenv.cfg"], ".venv/ is in the source"),
        (["requirements.txt", "venv/pyvenv.cfg"], "venv/ is in the source"),
        (["requirements.txt", ".heroku/python/bin/python"], ".heroku/ is in the source"),
        (["uv.lock", ".python-version", "runtime.txt"], "runtime.txt beside uv.lock"),
        (["uv.lock"], "uv.lock without .python-version"),
        (["deep/requirements.txt"], "would not know what to install"),
    ],
)
def test_what_the_buildpack_refuses_is_not_sent(there: list[str], why: str) -> None:
    with pytest.raises(ToolbeltError, match="would refuse") as caught:
        tarball.refuse(there)
    assert why in caught.value.finding


@pytest.mark.parametrize("there", [["requirements.txt", "runtime.txt"], ["uv.lock", ".python-version"], ["poetry.lock"]])
def test_what_the_buildpack_takes_is_sent(there: list[str]) -> None:
    tarball.refuse(there)


def test_this_repository_is_taken() -> None:
    from tests.checkout import ROOT
    from toolbelt import git as words

    tarball.refuse(words.files(ROOT))
