"""What an archive of pg_dump says that it has: its table of contents. It tells no number of rows."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.data import programs
from toolbelt.errors import CommandFailed, UsageError

# "3; 3079 16389 EXTENSION - hstore ", "218; 1259 16400 TABLE public keygen_key owner": as pg_restore --list prints them.
ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<kind>EXTENSION|SCHEMA|TABLE DATA|MATERIALIZED VIEW DATA|TABLE|COMMENT) (?P<rest>.+)$")


@dataclass(frozen=True)
class Archive:
    """tables: ``schema.table``, of those that are not Heroku's own; lines: as pg_restore prints them, and reads them again."""

    tables: tuple[str, ...]
    extensions: tuple[str, ...]
    schemas: tuple[str, ...]
    lines: tuple[str, ...]

    def but(self, extensions: Container[str]) -> str:
        """The lines without these extensions and what is said about them."""
        return "\n".join(line for line in self.lines if _extension(line) not in extensions) + "\n"


def read(folder: Path, file: Path) -> Archive:
    """Raises UsageError where pg_restore cannot read the file."""
    try:
        command = programs.listing(folder, file)
        lines = shell.run(command.argv, env=command.env).stdout.splitlines()
    except CommandFailed as error:
        todo = "./inv db.backups.download --stage production fetches one; SQL goes into ./inv dbshell"
        raise UsageError(f"{file.name} is no archive that these programs can read", finding=error.finding, todo=todo) from None
    found = [(match["kind"], match["rest"].split()) for line in lines if (match := ENTRY.match(line))]
    return Archive(
        tables=tuple(
            f"{rest[0]}.{rest[1]}" for kind, rest in found if _is_table(kind, rest) and rest[0] not in programs.NOT_OURS
        ),
        extensions=tuple(rest[1] for kind, rest in found if kind == "EXTENSION"),
        schemas=tuple(rest[1] for kind, rest in found if kind == "SCHEMA"),
        lines=tuple(lines),
    )


def _is_table(kind: str, rest: list[str]) -> bool:
    """TABLE DATA begins as TABLE does; a table whose name has a blank in it cannot be told from its owner."""
    return kind == "TABLE" and len(rest) == 3


def _extension(line: str) -> str:
    """The extension that an entry is, or is a comment on."""
    match = ENTRY.match(line)
    rest = match["rest"].split() if match else []
    if match and match["kind"] == "EXTENSION":
        return rest[1]
    return rest[2] if match and match["kind"] == "COMMENT" and rest[1:2] == ["EXTENSION"] else ""
