"""Output of a build in the buildpack's layout: steps, indented lines, and blocks that begin with ` !     `."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

# bin/output.sh of the buildpack colours its blocks, also where no terminal reads them.
BLUE, RED, YELLOW, RESET = "\x1b[1;34m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"


class Report:
    """What a build says, written through to the reader at once."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write

    def line(self, text: str = "") -> None:
        self.write(f"{text}\n")

    def step(self, text: str) -> None:
        self.line(f"-----> {text}")

    def indented(self, text: str) -> None:
        self.line(f"       {text}")

    def notice(self, text: str) -> None:
        self._block(BLUE, text)

    def warning(self, text: str) -> None:
        self._block(YELLOW, text)

    def error(self, text: str) -> None:
        self._block(RED, text)

    def differs(self, text: str) -> None:
        """A line on where this rehearsal cannot do what Heroku does."""
        self.line(f"{YELLOW} !     {text}{RESET}")

    def _block(self, colour: str, text: str) -> None:
        lines = textwrap.dedent(text).strip().splitlines()
        self.write("\n" + "".join(f"{colour} !     {line}{RESET}\n" for line in lines) + "\n")
