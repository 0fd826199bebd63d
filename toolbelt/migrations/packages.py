"""Packages that changed between two commits, and which of them bring migrations of their own.

Their migrations are not in git. The version to be deployed is often the one that is installed beside these tools: then
it can be looked whether it has any. Which of them are new cannot: the old version is nowhere.
"""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.migrations.difference import DIRTY, known

PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
MIGRATION = re.compile(r"^(.+)/migrations/(?!__init__)[^/]+\.py$")


@dataclass(frozen=True)
class Package:
    """old, new: versions, "" where it was or will not be there; apps: packages within it that have migrations, None
    where it is not installed here in the new version, so that nobody knows."""

    name: str
    old: str
    new: str
    apps: tuple[str, ...] | None

    @property
    def told(self) -> str:
        return f"{self.name} {self.old or '(new)'} → {self.new}"


def packages(root: Path, old: str, new: str) -> tuple[Package, ...]:
    """What changed in requirements.txt and has, or may have, migrations; () where the old commit is not here."""
    if not known(root, old):
        return ()
    before, after = pins(_requirements(root, old)), pins(_requirements(root, new))
    changed = [Package(name, before.get(name, ""), version, _apps(name, version)) for name, version in after.items()]
    return tuple(each for each in changed if each.old != each.new and each.apps != ())


def pins(text: str) -> dict[str, str]:
    """Names, as packaging normalises them, and versions of a lock file."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in PIN.findall(text)}


def _requirements(root: Path, commit: str) -> str:
    if commit.endswith(DIRTY):
        path = root / "requirements.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    return shell.run(["git", "-C", root, "show", f"{commit}:requirements.txt"], check=False).stdout


def _apps(name: str, version: str) -> tuple[str, ...] | None:
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if found.version != version:
        return None
    places = {match[1] for file in found.files or () if (match := MIGRATION.match(file.as_posix()))}
    return tuple(sorted(place.replace("/", ".") for place in places if "tests" not in place.split("/")))
