"""Verbs on the checkout: the overview and help, secret, clean, bench."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.commands.local import spelling
from toolbelt.errors import UsageError
from toolbelt.tools import Tools

# Django's own alphabet for SECRET_KEY (django.core.management.utils.get_random_secret_key) without what a shell,
# a .env file or a URL would read as something else.
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
LENGTH = 64

CLEANED = ("**/__pycache__", ".*_cache", "staticfiles", ".coverage", "*.egg-info")


@dataclass(frozen=True)
class Verb:
    """A verb as the overview shows it: name, one line, examples."""

    name: str
    line: str
    details: str
    flags: Sequence[tuple[str, str]]


def overview(tools: Tools, groups: Mapping[str, Sequence[Verb]]) -> None:
    """All verbs, grouped and aligned."""
    printer = tools.printer
    printer.say("djheroku: a Django site with a worker, in Docker here and on Heroku there\n")
    width = max(len(verb.name) for verbs in groups.values() for verb in verbs)
    for title, verbs in groups.items():
        printer.say(title)
        for verb in verbs:
            printer.say(f"  {verb.name:<{width}}  {verb.line}")
        printer.say()
    printer.say("./inv help VERB tells more of one, with an example. First time here: ./inv up")


def explain(tools: Tools, groups: Mapping[str, Sequence[Verb]], name: str) -> None:
    """One verb: its line, its flags, an example."""
    every = {verb.name: verb for verbs in groups.values() for verb in verbs}
    if name not in every:
        raise spelling.no_verb(name, every)
    verb = every[name]
    tools.printer.say(f"./inv {verb.name}: {verb.line}\n")
    if verb.details:
        tools.printer.say(f"{verb.details}\n")
    if verb.flags:
        tools.printer.facts(verb.flags)


def secret(tools: Tools) -> None:
    """Print a fresh SECRET_KEY, alone on its line, for a script or a clipboard."""
    tools.printer.data("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def clean(tools: Tools, *, everything: bool) -> None:
    """Remove what tools have made; with everything, .venv too (the next ./inv makes it anew). Data is kept."""
    root = tools.config.root
    found = [path for pattern in CLEANED for path in root.glob(pattern) if ".venv" not in path.parts]
    if everything:
        found.append(root / ".venv")
    for path in found:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    tools.printer.step("clean", f"{len(found)} folders and files removed; data in .djheroku is kept (./inv down --volumes)")


def bench(tools: Tools, *, names: Sequence[str]) -> None:
    """Run the measurements of bench/, one after the other."""
    folder = tools.config.root / "bench"
    known = {path.stem: path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")}
    for name in names or known:
        if name not in known:
            raise UsageError(f"There is no measurement {name!r}", todo=f"There are: {', '.join(known)}")
        status = shell.stream(
            [sys.executable, Path("bench") / f"{name}.py"],
            cwd=tools.config.root,
            env=tools.config.child_environ(),
        )
        if status != 0:
            raise SystemExit(status)
