"""The Procfile, parsed: the one description of the site's processes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from toolbelt.errors import ToolbeltError

# https://devcenter.heroku.com/articles/procfile#procfile-naming-and-location: <process type>: <command>
LINE = re.compile(r"^(?P<type>[A-Za-z0-9_-]+):\s*(?P<command>\S.*?)\s*$")


def parse(text: str) -> Mapping[str, str]:
    """Process types and their commands, in the order of the file.

    Raises ToolbeltError that names every line that is no ``type: command``, and every type that stands twice.
    """
    processes: dict[str, str] = {}
    complaints: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = LINE.match(line)
        if found is None:
            complaints.append(f"line {number}: {line.strip()!r} is not of the form `type: command`")
        elif found["type"] in processes:
            complaints.append(f"line {number}: the process type {found['type']!r} stands twice")
        else:
            processes[found["type"]] = found["command"]
    if complaints:
        raise ToolbeltError("The Procfile cannot be read", finding="\n".join(complaints))
    return MappingProxyType(processes)


def load(path: Path) -> Mapping[str, str]:
    """``parse`` of a file; raises ToolbeltError if it is not there."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ToolbeltError("There is no Procfile", todo=f"Write one at {path}: without it Heroku starts nothing") from error
