"""Packages that changed between two commits, and the migrations of their own that they bring.

Their migrations are not in git, but in the environment that these tools run in, if that has the version which is to be
deployed. The version before it is gone by then: so which migrations a version has is written down for as long as it can
be seen, and the next one is compared with that. A checkout that was not there at the time, such as one of CI, knows less.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.migrations.difference import DIRTY, MARK, judged, known, sources
from toolbelt.migrations.effects import SAFE
from toolbelt.migrations.verdicts import Migration

PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
MIGRATION = re.compile(r"^(.+)/migrations/(?!__init__)[^/]+\.py$")


@dataclass(frozen=True)
class Package:
    """old, new: versions, "" where it was or will not be there; apps: packages within it that have migrations and that
    the site names, None where it is not installed here in the new version, so that nobody knows.

    fresh: migrations that the old version had not, None where nobody has written down which it had; doubtful: of those
    that would not be safe if they were new, then.
    """

    name: str
    old: str
    new: str
    apps: tuple[str, ...] | None
    fresh: tuple[Migration, ...] | None = None
    doubtful: tuple[Migration, ...] = ()

    @property
    def told(self) -> str:
        return f"{self.name} {self.old or '(new)'} → {self.new}"


def packages(root: Path, old: str, new: str, *, kept: Path | None = None) -> tuple[Package, ...]:
    """What changed in requirements.txt and has, or may have, migrations; () where the old commit is not here.

    kept: the folder in which it is written down which migrations a version has.
    """
    if not known(root, old):
        return ()
    before, after = pins(_requirements(root, old)), pins(_requirements(root, new))
    if kept is not None:
        for name, version in after.items():
            _keep(kept, name, version)
    changed = {name: version for name, version in after.items() if before.get(name, "") != version}
    found = [_package(root, new, name, before.get(name, ""), version, kept) for name, version in changed.items()]
    return tuple(each for each in found if each.apps != ())


def brought(found: Iterable[Package]) -> tuple[Migration, ...]:
    """The migrations that are known to come with them."""
    return tuple(migration for each in found for migration in each.fresh or ())


def _package(root: Path, commit: str, name: str, old: str, new: str, kept: Path | None) -> Package:
    files = _migrations(name, new)
    if files is None:
        return Package(name, old, new, None)
    found = sources(_texts(files), list(files))
    named = _named(root, commit, sorted({_app(path) for path in found}))
    found = {path: source for path, source in found.items() if _app(path) in named}
    there = _listed(kept, name, old) if old else []
    if there is not None:
        return Package(name, old, new, named, judged(found, fresh=set(found) - set(there)))
    each = [judged(found, fresh=[path])[0] for path in found]
    return Package(name, old, new, named, None, tuple(one for one in each if one.verdict != SAFE))


def pins(text: str) -> dict[str, str]:
    """Names, as packaging normalises them, and versions of a lock file."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in PIN.findall(text)}


def _requirements(root: Path, commit: str) -> str:
    if commit.endswith(DIRTY):
        path = root / "requirements.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    return shell.run(["git", "-C", root, "show", f"{commit}:requirements.txt"], check=False).stdout


def _migrations(name: str, version: str) -> dict[str, Path] | None:
    """Files of migrations by their path within the environment; None where this version is not installed."""
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if found.version != version:
        return None
    files = {file.as_posix(): file for file in found.files or () if MIGRATION.match(file.as_posix())}
    return {path: Path(str(file.locate())) for path, file in files.items() if "tests" not in file.parts}


def _app(path: str) -> str:
    """django/contrib/auth/migrations/0001_initial.py -> django.contrib.auth"""
    found = MIGRATION.match(path)
    return found[1].replace("/", ".") if found else ""


def _texts(files: Mapping[str, Path]) -> dict[str, str]:
    """The migrations, and the apps.py that tells how an app is called in the database."""
    apps = {str(Path(path).parent.parent / "apps.py"): place.parent.parent / "apps.py" for path, place in files.items()}
    every = {path: place for path, place in (apps | dict(files)).items() if place.is_file()}
    texts = {path: place.read_text(encoding="utf-8", errors="replace") for path, place in every.items()}
    # Not all that lies in a folder of that name is one: django/db/migrations has what they are made of.
    return {path: text for path, text in texts.items() if path in apps or MARK in text}


def _named(root: Path, commit: str, apps: Sequence[str]) -> tuple[str, ...]:
    """Apps that the site's own files name; what it does not name it cannot have installed."""
    if not apps:
        return ()
    patterns = [word for app in apps for word in ("-e", app)]
    at = [] if commit.endswith(DIRTY) else [commit]
    argv = ["git", "-C", str(root), "grep", "--no-color", "-h", "-o", "-w", "-F", *patterns, *at, "--", "*.py"]
    said = set(shell.run(argv, check=False).stdout.split())
    return tuple(app for app in apps if app in said)


def _keep(kept: Path, name: str, version: str) -> None:
    place = _place(kept, name, version)
    if not place.exists() and (files := _migrations(name, version)) is not None:
        with suppress(OSError):  # the next deploy knows less, and says so
            kept.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(sorted(files)), encoding="utf-8")


def _listed(kept: Path | None, name: str, version: str) -> list[str] | None:
    if kept is None:
        return None
    try:
        return [str(path) for path in json.loads(_place(kept, name, version).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return None


def _place(kept: Path, name: str, version: str) -> Path:
    return kept / f"{name}-{re.sub(r'[^A-Za-z0-9.+_-]', '_', version)}.json"
