"""The one printer: everything the tools say to a person goes through here."""

from __future__ import annotations

import getpass
import io
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, FileSizeColumn, Progress, ProgressColumn, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.record import CURRENT, Record

# In the order of the Procfile and the servers behind it; the same process has the same colour on both stacks.
COLOURS = {
    "release": "magenta",
    "web": "cyan",
    "worker": "yellow",
    "postgres": "blue",
    "db": "blue",
    "valkey": "red",
    "redis": "red",
}
WIDTH = 8


class Printer:
    """Prints steps, log lines and tables; colours where the terminal has them and NO_COLOR is not set."""

    def __init__(self, *, file: IO[str] | None = None) -> None:
        if file is None:
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, io.TextIOWrapper):  # a sign that a terminal has no letter for must not end a deploy
                    stream.reconfigure(errors="replace")
        self.console = Console(file=file, highlight=False, soft_wrap=True)
        self.errors = Console(file=file, stderr=file is None, highlight=False, soft_wrap=True)

    @property
    def record(self) -> Record | None:
        """What is kept of this verb for a script; None where nobody asked for it."""
        return CURRENT.get()

    def say(self, text: str = "") -> None:
        """A sentence, as it is."""
        self.console.print(Text(text))

    def data(self, text: str) -> None:
        """What a script reads: no colour, no markup, no wrapping."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()

    def raw(self, text: str) -> None:
        """A piece of somebody else's output, as it is and at once."""
        self.console.print(Text.from_ansi(text) if self.console.is_terminal else text, end="", markup=False)

    def step(self, name: str, note: str, seconds: float | None = None) -> None:
        """A step that is done, with what came of it and how long it took."""
        if self.record is not None:
            self.record.step(name, note, seconds)
        took = f"  {seconds:.1f} s" if seconds is not None else ""
        self.console.print(Text.assemble(("✓ ", "green"), (f"{name + ' ':<11}", "bold"), note, (took, "dim")))

    def doing(self, name: str, note: str) -> None:
        """A step that begins and takes a while."""
        self.console.print(Text.assemble(("· ", "dim"), (f"{name:<11}", "bold"), note))

    def planned(self, name: str, what: str, cause: str) -> None:
        """A step that is to be done, and why."""
        self.console.print(Text.assemble(("  ", "dim"), (f"{name:<10}", "bold"), what, (f"  ({cause})", "dim")))

    def difference(self, sign: str, kind: str, name: str, what: str, cause: str) -> None:
        """Something that is not as it is wanted: + will be added, ~ will be changed, ? is left alone."""
        colour = {"+": "green", "~": "yellow"}.get(sign, "dim")
        reason = f"  ({cause})" if cause else ""
        self.console.print(
            Text.assemble((f"{sign} ", f"{colour} bold"), (f"{kind:<11}", colour), (name, "bold"), f"  {what}", (reason, "dim"))
        )

    def warn(self, text: str) -> None:
        """Something a person should know that stops nothing; on stderr, as it is no data to a script."""
        if self.record is not None:
            self.record.warnings.append(text)
        self.errors.print(Text.assemble(("! ", "yellow bold"), text))

    def finding(self, level: str, topic: str, what: str, cause: str = "", fix: str = "") -> None:
        """Something that was looked at: what is so, and where it is not well, why that matters and what to do."""
        mark, colour = {"ok": ("✓ ", "green"), "warning": ("! ", "yellow bold"), "error": ("✗ ", "red bold")}[level]
        self.console.print(Text.assemble((mark, colour), (f"{topic:<11}", "bold"), what))
        width = self.console.width - 13 if self.console.is_terminal else 10_000  # in a pipe a line is a line
        for line in cause.splitlines() if level != "ok" else ():
            for piece in textwrap.wrap(line, max(40, width)):
                self.console.print(Text.assemble(" " * 13, (piece, "dim")))
        if fix and level != "ok":
            self.console.print(Text.assemble(" " * 11, ("→ ", "cyan"), fix))

    def line(self, process: str, text: str) -> None:
        """One line of a process's log behind its coloured name."""
        self.console.print(
            Text.assemble((f"{process:<{WIDTH}}", COLOURS.get(process, "white")), ("│ ", "dim"), Text.from_ansi(text))
        )

    def logged(self, clock: str, dyno: str, text: str, *, app: str = "", width: int = 0, level: str = "") -> None:
        """One line of an app's log: time, app where there are several, dyno in its process type's colour."""
        colour = COLOURS.get(dyno.partition(".")[0], "white")
        style = {"error": "red", "warning": "yellow"}.get(level, "")
        self.console.print(
            Text.assemble(
                (f"{clock} ", "dim"), (f"{app:<{width}} " if app else "", "bold"), (f"{dyno:<{WIDTH + 2}}", colour),
                ("│ ", "dim"),
                Text(text, style=style) if style else Text.from_ansi(text),
            )
        )  # fmt: skip

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and values in two aligned columns."""
        pairs = list(rows)
        if self.record is not None:
            self.record.facts.update(pairs)
        width = max((len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            self.console.print(Text.assemble("  ", (f"{name:<{width}}", "dim"), "  ", value))

    @contextmanager
    def transfer(self, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar that counts bytes while they go, on a terminal; without one where nobody knows how many they will be.

        Yields what is to be told of each of them.
        """
        counted: tuple[ProgressColumn, ...] = (BarColumn(), DownloadColumn()) if total is not None else (FileSizeColumn(),)
        columns = (TextColumn("· {task.description:<10}"), *counted, TransferSpeedColumn())
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            task = bar.add_task(name, total=total)
            yield lambda size: bar.advance(task, size)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table without lines, its head in bold."""
        rows = list(rows)
        if self.record is not None:
            self.record.table(columns, rows)
        table = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        # In a pipe nothing is wrapped: a line is a row.
        console = self.console if self.console.is_terminal else Console(file=self.console.file, width=250)
        console.print(table)

    @property
    def width(self) -> int:
        """Cells in a line of the terminal; 0 in a pipe, where nothing is to be cut."""
        return self.console.width if self.console.is_terminal else 0

    def lines(self, rows: Iterable[Text]) -> None:
        """Lines that somebody else has laid out."""
        for row in rows:
            self.console.print(row)

    def bad_news(self, error: ToolbeltError) -> None:
        """The one shape of bad news: headline, finding, what to do."""
        self.errors.print(Text.assemble(("✗ ", "red bold"), (error.headline, "bold")))
        for line in error.finding.splitlines():
            self.errors.print(Text.assemble("  ", Text.from_ansi(line)))
        if error.todo:
            self.errors.print(Text.assemble(("→ ", "cyan"), error.todo))


def ask(question: str) -> bool:
    """Ask a person yes or no; anything but yes is no."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def answer(question: str) -> str:
    """What a person types, without blanks around it."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


def piped() -> str:
    """What a script gives us on its first line."""
    return sys.stdin.readline()


def piped_whole() -> str:
    """All that a script gives us, without the line's end at its end; UsageError for what is no text."""
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise UsageError("What came on stdin is no text", finding=f"Its byte {error.start} is not UTF-8") from None


def hidden(question: str) -> str:
    """Ask a person for something that is not shown while it is typed; UsageError where they end it with Ctrl-D."""
    try:
        return getpass.getpass(question)
    except EOFError:
        raise UsageError("There was no answer", finding="Nothing was done.") from None


def size(count: int) -> str:
    """Bytes as a person reads them."""
    for unit, limit in (("bytes", 1000), ("kB", 1000**2), ("MB", 1000**3)):
        if count < limit:
            return f"{count} bytes" if unit == "bytes" else f"{count * 1000 / limit:.1f} {unit}"
    return f"{count / 1000**3:.2f} GB"


def ago(when: datetime | None) -> str:
    """How long ago something was, roughly."""
    if when is None:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - when).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
