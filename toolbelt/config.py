"""The configuration: where things are and what the environ asks for. The only reader of ``os.environ`` in the tools."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from toolbelt.errors import UsageError

STACKS = ("docker", "embedded")
TYPED_IN = "INV_TYPED_IN"  # set by ./inv: the folder in which it was typed, before it goes to the checkout


@dataclass(frozen=True, kw_only=True)
class Config:
    """Facts that hold for the whole run of a verb.

    root: the checkout; environ: the process's environ with ``.env`` below it; home: where the stack without
    Docker keeps data, logs and state (never in git); port: where the site answers; interactive: somebody is there
    to answer a question; typed_in: the folder that a file on the command line is meant from.
    """

    root: Path
    environ: Mapping[str, str] = field(repr=False)  # a token may be in it, and passwords
    dotenv: Mapping[str, str] = field(repr=False)
    port: int
    port_asked: bool
    interactive: bool
    typed_in: Path = Path()

    @property
    def home(self) -> Path:
        return self.root / ".djheroku"

    def file(self, name: str) -> Path:
        """A file as somebody types it, from the folder that they are in; as it was typed where that is the checkout."""
        return Path(name) if self.typed_in == self.root else self.typed_in / name

    def child_environ(self, **extra: str) -> dict[str, str]:
        """The environ for a program that we start, with the tools' Python first on PATH."""
        path = os.pathsep.join([str(Path(sys.executable).parent), self.environ.get("PATH", os.defpath)])
        return {**self.environ, "PATH": path, **extra}


def load(root: Path, *, environ: Mapping[str, str] | None = None, port: int | None = None) -> Config:
    """Read the configuration of the checkout at ``root``.

    A variable in the environ wins over the same one in ``.env``. Raises UsageError for a PORT that is no port.
    """
    environ = os.environ if environ is None else environ
    dotenv = {name: value for name, value in dotenv_values(root / ".env").items() if value is not None}
    merged = {**dotenv, **environ}
    typed_in = Path(merged.pop(TYPED_IN, ""))
    return Config(
        root=root,
        environ=merged,
        dotenv=dotenv,
        port=_port(port if port is not None else merged.get("PORT") or "8000"),
        port_asked=port is not None or bool(merged.get("PORT")),
        interactive=sys.stdin is not None and sys.stdin.isatty() and "CI" not in merged,
        typed_in=typed_in if typed_in.is_dir() else Path(),
    )


def _port(value: str | int) -> int:
    try:
        number = int(value)
    except ValueError:
        number = 0
    if not 0 < number < 65536:
        raise UsageError(f"{value!r} is not a port", todo="A port is a number from 1 to 65535.")
    return number
