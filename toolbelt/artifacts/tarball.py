"""The source of a commit as Heroku's Builds API takes it: a gzipped tar of what git has, less .slugignore."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.errors import ToolbeltError, UsageError

# heroku-buildpack-python, lib/package_manager.sh: one of these, and one only.
MANAGERS = ("Pipfile.lock", "requirements.txt", "poetry.lock", "uv.lock")
# heroku-buildpack-python, bin/compile and lib/checks.sh: what must not be in the source.
FORBIDDEN = (".heroku/python/", ".venv/pyvenv.cfg", "venv/pyvenv.cfg")


@dataclass(frozen=True)
class Archive:
    """An archive: where it is, how large, its digest as the Builds API wants it, and the files in it."""

    path: Path
    size: int
    checksum: str
    names: tuple[str, ...]


def pack(root: Path, commit: str, *, to: Path, include: Sequence[str] = ()) -> Archive:
    """Write the archive of a commit; ``include`` adds files and folders that git does not have.

    Raises ToolbeltError for what Heroku's buildpack would refuse, before anything is sent.
    """
    ignored = _ignored(root, commit)
    extra = dict(included(root, include))
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as plain:
        names = _write(root, commit, ignored, extra, plain)
        refuse(names)
        plain.seek(0)
        with to.open("wb") as out, gzip.GzipFile(filename="", fileobj=out, mode="wb", mtime=0) as packed:
            while piece := plain.read(1 << 20):
                packed.write(piece)
    with to.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Archive(to, to.stat().st_size, f"SHA256:{digest}", tuple(names))


def names(root: Path, commit: str) -> tuple[str, ...]:
    """The files of a commit that an archive of it would have."""
    listed = shell.run(["git", "-C", root, "ls-tree", "-r", "--name-only", "-z", commit]).stdout
    ignored = _ignored(root, commit)
    return tuple(name for name in listed.split("\0") if name and name not in ignored)


def _write(root: Path, commit: str, ignored: set[str], extra: dict[str, Path], out: object) -> list[str]:
    """A GNU tar (others break builds: heroku-builds, lib/source-blob) of git's archive, in git's order."""
    names: list[str] = []
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        shell.run(["git", "-C", root, "archive", "--format=tar", f"--output={archive.name}", commit])
        with (
            tarfile.open(archive.name) as source,
            tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as target,  # type: ignore[call-overload]
        ):
            for member in source:
                if member.isdir() or member.name in ignored or member.name in extra:
                    continue
                member.pax_headers = {}
                target.addfile(member, source.extractfile(member) if member.isreg() else None)
                names.append(member.name)
            for name, path in extra.items():
                content = path.read_bytes()
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(content), 0o755 if path.stat().st_mode & 0o100 else 0o644
                target.addfile(member, io.BytesIO(content))
                names.append(name)
    return names


def _ignored(root: Path, commit: str) -> set[str]:
    """Files of the commit that its .slugignore names; its patterns are .gitignore's, without negation
    (https://devcenter.heroku.com/articles/slug-compiler#ignoring-files-with-slugignore)."""
    shown = shell.run(["git", "-C", root, "show", f"{commit}:.slugignore"], check=False)
    patterns = [line for line in shown.stdout.splitlines() if line.strip() and not line.startswith(("!", "#"))]
    if shown.returncode != 0 or not patterns:
        return set()
    with tempfile.TemporaryDirectory(prefix="djheroku-") as folder:
        file, index = Path(folder) / "slugignore", Path(folder) / "index"
        file.write_text("\n".join(patterns) + "\n")
        # An index of our own: what is asked for is the commit, not what has been staged since.
        gitdir = shell.run(["git", "-C", root, "rev-parse", "--absolute-git-dir"]).stdout.strip()
        git = ["git", f"--git-dir={gitdir}", f"--work-tree={root}"]
        environ = {"GIT_INDEX_FILE": str(index), "PATH": str(Path(shell.which("git") or "git").parent)}
        shell.run([*git, "read-tree", commit], env=environ)
        listed = shell.run([*git, "ls-files", "-z", "--cached", "--ignored", f"--exclude-from={file}"], env=environ, cwd=root)
    return set(filter(None, listed.stdout.split("\0")))


def included(root: Path, include: Sequence[str]) -> list[tuple[str, Path]]:
    """The files that ``include`` names, below the folders too. Raises UsageError for what is not in the checkout."""
    found = []
    for word in include:
        path = (root / word).resolve()
        if not path.exists() or not path.is_relative_to(root.resolve()):
            raise UsageError(f"--include {word}: there is no such file or folder in this checkout")
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        found += [(file.relative_to(root.resolve()).as_posix(), file) for file in files]
    return found


def refuse(names: Sequence[str]) -> None:
    """Raises ToolbeltError, with all complaints at once, for what heroku-buildpack-python (v351) would refuse."""
    there = set(names)
    managers = [name for name in MANAGERS if name in there]
    complaints: list[str] = []
    if len(managers) > 1:
        complaints.append(f"{' and '.join(managers)}: more than one package manager; keep one of them")
    if not managers:
        if "Pipfile" in there:
            complaints.append("Pipfile without Pipfile.lock: the buildpack installs from the lock file only")
        elif "setup.py" in there:
            complaints.append("setup.py alone: the buildpack wants a requirements.txt with `.` in it")
        else:
            complaints.append(f"none of {', '.join(MANAGERS)} at the top: the buildpack would not know what to install")
    if "uv.lock" in there and "runtime.txt" in there:
        complaints.append("runtime.txt beside uv.lock: with uv the version belongs into .python-version")
    if "uv.lock" in there and ".python-version" not in there:
        complaints.append("uv.lock without .python-version: with uv the buildpack wants one")
    complaints += [
        f"{prefix.partition('/')[0]}/ is in the source: an environment of another machine"
        for prefix in FORBIDDEN
        if any(name.startswith(prefix) for name in names)
    ]
    if complaints:
        raise ToolbeltError(
            "Heroku's buildpack would refuse this source",
            finding="\n".join(complaints),
            todo="Mend it and commit; .slugignore leaves files of git's out",
        )
