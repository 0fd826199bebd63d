"""The migrations that a release applies: the site's own, and those of its packages as far as they are known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from toolbelt import migrations
from toolbelt.migrations import Migration
from toolbelt.tools import Tools

MIGRATED = re.compile(r"Running migrations:|No migrations to apply")
APPLYING = re.compile(r"\bApplying (\w+\.\w+)\.\.\.")


def seen(tools: Tools) -> Path:
    """Where it is written down which migrations a package had, for when its next version is deployed."""
    return tools.config.home / "cache" / "migrations"


def between(tools: Tools, old: str, new: str) -> tuple[Migration, ...] | None:
    """What ``new`` applies where ``old`` runs; None where that cannot be known."""
    root = tools.config.root
    own = migrations.between(root, old, new) if old else None
    if own is None:
        return None
    return (*own, *migrations.brought(migrations.packages(root, old, new, kept=seen(tools))))


def applied(tools: Tools, commit: str, said: Iterable[str]) -> tuple[Migration, ...] | None:
    """What a release phase says that it has applied, as Django's ``migrate`` tells; None where it does not tell, or the
    commit is not here. Those of packages are not judged."""
    lines = list(said)
    labels = [found[1] for line in lines if (found := APPLYING.search(line))]
    if not labels and not any(MIGRATED.search(line) for line in lines):
        return None
    return migrations.among(tools.config.root, commit, labels)
