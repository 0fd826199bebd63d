"""What a release came to, for the next step of somebody's CI: lines of name=value, as in the file that $GITHUB_OUTPUT names."""

from __future__ import annotations

from pathlib import Path

from toolbelt.errors import ToolbeltError


def write(path: str, **facts: str) -> None:
    """Append the facts to the file; nothing is done without one."""
    if not path:
        return
    lines = "".join(f"{name}={value}\n" for name, value in facts.items())
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(lines)
    except OSError as error:
        raise ToolbeltError(f"{path} could not be written", finding=f"{error.strerror}. The release itself is done.") from None
