"""The migrations that a release applies: the site's own, and those of its packages as far as they are known."""

from __future__ import annotations

from pathlib import Path

from toolbelt import migrations
from toolbelt.migrations import Migration
from toolbelt.tools import Tools


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
