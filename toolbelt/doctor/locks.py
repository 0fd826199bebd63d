"""pyproject.toml against requirements.txt: what is asked for is locked, in a version that was asked for. Offline."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from toolbelt.doctor.finding import Finding, error, ok, some
from toolbelt.migrations.packages import pins


def lock(root: Path, groups: Sequence[str], *, python: str) -> Iterator[Finding]:
    """groups: dependency groups that requirements.txt is locked with, beside the project's own dependencies; python:
    the version that it is for, as 3.14."""
    from packaging.requirements import InvalidRequirement, Requirement  # here: every verb would wait for it
    from packaging.utils import canonicalize_name

    pyproject, requirements = root / "pyproject.toml", root / "requirements.txt"
    if not pyproject.is_file() or not requirements.is_file():
        return
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as problem:
        yield error("lock", "pyproject.toml cannot be read", str(problem), "Mend it")
        return
    locked = pins(requirements.read_text(encoding="utf-8"))
    wanted = list(_wanted(project, groups))
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.99",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    missing, stale = [], []
    for each in wanted:
        try:
            requirement = Requirement(each)
        except InvalidRequirement:
            stale.append(f"{each!r} is no requirement")
            continue
        if requirement.marker is not None and not requirement.marker.evaluate(environment):
            continue
        version = locked.get(canonicalize_name(requirement.name))
        if version is None:
            missing.append(requirement.name)
        elif not requirement.specifier.contains(version, prereleases=True):
            stale.append(f"{requirement.name} {version} is not {requirement.specifier}")
    if missing:
        yield error(
            "lock",
            f"requirements.txt lacks {some(missing)}",
            "pyproject.toml asks for it, and Heroku installs what is locked",
            "./inv lock",
        )
    if stale:
        yield error(
            "lock", f"requirements.txt is behind pyproject.toml: {some(stale)}", "Heroku installs what is locked", "./inv lock"
        )
    if not missing and not stale and wanted:
        yield ok("lock", f"requirements.txt has all {len(wanted)} of pyproject.toml, {len(locked)} with what they need")


def _wanted(project: dict[str, Any], groups: Sequence[str]) -> Iterator[str]:
    yield from project.get("project", {}).get("dependencies", [])
    for name in groups:
        yield from (each for each in project.get("dependency-groups", {}).get(name, []) if isinstance(each, str))
