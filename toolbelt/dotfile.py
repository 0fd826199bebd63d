"""The file .env: read, and written to so that everything else in it stays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import dotenv

from toolbelt import shell
from toolbelt.errors import ToolbeltError
from toolbelt.secret import Secret

OWNER_ONLY = 0o600


def read(path: Path) -> dict[str, str]:
    """Names and values; {} where there is no such file."""
    found = dotenv.dotenv_values(path, interpolate=False) if path.is_file() else {}
    return {name: value for name, value in found.items() if value is not None}


def write(path: Path, values: Mapping[str, Secret]) -> None:
    """Set these; comments and other lines stay. The file is for its owner only, and never half written."""
    if not values:
        return
    fresh = path.with_name(".env.fresh")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(path.read_bytes() if path.is_file() else b"")
        for name, value in values.items():
            dotenv.set_key(fresh, name, value.reveal(), quote_mode="always")
        fresh.chmod(OWNER_ONLY)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ToolbeltError(".env could not be written", finding=f"{error.strerror}: it is as it was") from error


def refuse_in_git(root: Path) -> None:
    """Raises ToolbeltError if git has .env, or would take it with the next `git add`."""
    tracked = shell.run(["git", "-C", root, "ls-files", "--error-unmatch", ".env"], check=False).returncode == 0
    ignored = shell.run(["git", "-C", root, "check-ignore", "--quiet", ".env"], check=False).returncode == 0
    if tracked or not ignored:
        raise ToolbeltError(
            "git has .env" if tracked else "git does not ignore .env",
            finding="Config vars are secrets: they do not belong into a repository.",
            todo="git rm --cached .env, and a line .env in .gitignore" if tracked else "Add a line .env to .gitignore",
        )
