"""The checkout: what is committed, the Procfile, and one Python everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from toolbelt import git, procfile
from toolbelt.doctor.finding import Finding, error, ok, some, warning
from toolbelt.doctor.known import PYTHON_LIVES, PYTHONS
from toolbelt.errors import ToolbeltError
from toolbelt.git import Head
from toolbelt.manifest import Manifest

FROM = re.compile(r"^FROM\s+(?:--platform=\S+\s+)?(?:\S+/)?python:(\d+\.\d+(?:\.\d+)?)", re.MULTILINE | re.IGNORECASE)


def committed(root: Path, *, image: bool) -> Iterator[Finding]:
    """A deploy is of a commit, whatever way it goes."""
    try:
        head = git.head(root)
    except ToolbeltError as problem:
        yield error("tree", problem.headline, "what is deployed is a commit", problem.todo)
    else:
        yield from tree(head, image=image)


def tree(head: Head, *, image: bool) -> Iterator[Finding]:
    if head.changes:
        effect = (
            "it will be in the image, under a commit that has it not"
            if image
            else "it is the commit that is deployed, without it"
        )
        count = len(head.changes)
        what = f"{count} {'path is' if count == 1 else 'paths are'} not committed: {some(head.changes)}"
        yield warning("tree", what, effect, "git add and git commit, or git stash")
    else:
        yield ok("tree", f"clean, {f'on {head.branch}' if head.branch else 'on no branch'} at {head.short}")


def processes(root: Path, manifest: Manifest) -> Iterator[Finding]:
    try:
        found = procfile.load(root / "Procfile")
    except ToolbeltError as problem:
        yield error(
            "Procfile",
            problem.headline,
            problem.finding or "without it Heroku starts nothing",
            problem.todo or "Mend the Procfile",
        )
        return
    if not set(found) - {"release"}:
        yield error("Procfile", "it names no process that runs", "Heroku would have nothing to start", "Add a line `web: …`")
    elif "web" not in found:
        yield warning("Procfile", "there is no web", "the router would answer every visitor with H14", "Add a line `web: …`")
    elif strange := [name for name in manifest.formation if name not in found]:
        yield warning(
            "Procfile", f"app.json wants {some(strange)}, which it does not name", "none of it will run", "Mend one of the two"
        )
    else:
        yield ok("Procfile", ", ".join(found))


def python(root: Path, *, image: bool, today: date) -> Iterator[Finding]:
    """What Heroku's buildpack takes, and what the image has. runtime.txt wins over .python-version, silently."""
    asked = pythons(root)
    if not image:
        yield from _buildpack(asked, today)
        if {"runtime.txt", ".python-version"} <= set(asked):
            yield warning(
                "Python",
                "runtime.txt and .python-version are both there",
                "Heroku takes runtime.txt and says nothing; it is deprecated, and will be refused one day",
                "git rm runtime.txt",
            )
    series = {name: ".".join(version.split(".")[:2]) for name, version in asked.items()}
    if len(set(series.values())) > 1:
        told = ", ".join(f"{name} {version}" for name, version in asked.items())
        yield warning(
            "Python",
            f"there are two: {told}",
            "what is tried here is not what runs there",
            "Name the same version in all of them",
        )
    elif asked:
        version = next(iter(series.values()))
        if version not in PYTHONS:
            yield warning(
                "Python",
                f"Heroku has no Python {version}",
                f"its buildpack has {', '.join(PYTHONS)}",
                "Does this table grow old? toolbelt/doctor/known.py",
            )
        else:
            yield ok("Python", f"{version} in {', '.join(asked)}")


def pythons(root: Path) -> Mapping[str, str]:
    """Where a version of Python is named, and which."""
    found = {}
    for name, pattern in (
        ("runtime.txt", r"^\s*python-(\d[\d.]*)\s*$"),
        (".python-version", r"^\s*(\d[\d.]*)\s*$"),
        ("Dockerfile", FROM),
    ):
        path = root / name
        if path.is_file() and (
            match := re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE if isinstance(pattern, str) else 0)
        ):
            found[name] = match[1]
    return found


def _buildpack(asked: Mapping[str, str], today: date) -> Iterator[Finding]:
    name = next((each for each in ("runtime.txt", ".python-version") if each in asked), "")
    if not name:
        yield warning(
            "Python",
            "no version is named",
            "the buildpack takes its default, and will refuse that one day",
            "Write `3.14` to .python-version",
        )
        return
    version = asked[name]
    series, _, patch = version.rpartition(".") if version.count(".") > 1 else (version, "", "")
    if series not in PYTHONS:
        yield error(
            "Python",
            f"Heroku's buildpack has no Python {series}",
            f"{name}; there are {', '.join(PYTHONS)}",
            f"Name one of them in {name}",
        )
    elif (life := PYTHON_LIVES.get(series)) is not None and life.ends is not None:
        level = error if life.ends <= today else warning
        yield level(
            "Python", f"Python {series} is {life.what} from {life.ends} on", f"it is named in {name}", "Go on to a newer one"
        )
    elif patch and int(patch) < int(PYTHONS[series].rpartition(".")[2]):
        yield warning(
            "Python",
            f"{version} is not the newest of its series, which is {PYTHONS[series]} or newer",
            f"{name} names all three numbers, so that no fix for its security comes by itself",
            f"Write {series}",
        )
