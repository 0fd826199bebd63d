"""Where a stack's database keeps its files, as far as this machine can see it."""

from __future__ import annotations

from pathlib import Path

from toolbelt import shell
from toolbelt.errors import ToolbeltError
from toolbelt.stack.record import Layout


def of_database(stack: str, home: Path) -> Path | None:
    """A folder on that disk; None where it is in a machine of its own (Docker Desktop), or not to be found out."""
    if stack == "embedded":
        return Layout(home).servers
    try:
        said = shell.run(["docker", "info", "--format", "{{.DockerRootDir}}"], timeout=10).stdout.strip()
    except ToolbeltError:
        return None
    return Path(said) if said and Path(said).is_dir() else None
