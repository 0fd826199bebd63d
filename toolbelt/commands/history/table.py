"""The table of releases, and one release in full, as lines for a terminal of any width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from toolbelt.commands.history.entries import Entry
from toolbelt.output import ago, size
from toolbelt.records import Record

WIDEST = 100
PIPE = 0  # no terminal: nothing is cut
LEAST = 16  # cells for the subject, before other columns have to go
GAP = "  "
NAME = 10  # cells of who it was
BAR = 30
EIGHTHS = " ▏▎▍▌▋▊▉"
COLOURS = {
    "verified": "green", "released": "", "rolled back": "yellow", "unproven": "yellow", "failed": "red", "pending": "blue",
    "expired": "dim",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """style: of all cells, or by what stands in them; weight: what matters least goes first where there is no room, 0
    always stays."""

    name: str
    cell: Callable[[Entry], str]
    style: str | Callable[[Entry], str] = ""
    right: bool = False
    weight: int = 0


def lines(entries: Sequence[Entry], *, width: int) -> list[Text]:
    """A head and a line for each release. Columns that are empty everywhere are left out; where they would leave the
    subject no room, those that say the same everywhere go first, then those that matter least. width 0: nothing is cut."""
    columns = [each for each in COLUMNS if any(each.cell(entry) for entry in entries)]
    room = min(width, WIDEST) if width else PIPE
    while room and (spare := [each for each in columns if each.weight]) and _left(columns, entries, room) < LEAST:
        columns.remove(min(spare, key=lambda each: (_differs(each, entries), each.weight)))
    widths = {each.name: _width(each, entries) for each in columns}
    if room and SUBJECT.name in widths:
        widths[SUBJECT.name] = min(widths[SUBJECT.name], max(LEAST, _left(columns, entries, room)))
    head = Text(GAP.join(_fit(each.name, widths[each.name], right=each.right) for each in columns).rstrip(), "bold")
    return [head, *(_line(columns, entry, widths) for entry in entries)]


def _line(columns: Sequence[Column], entry: Entry, widths: dict[str, int]) -> Text:
    line = Text()
    for number, each in enumerate(columns):
        style = each.style(entry) if callable(each.style) else each.style
        line.append(GAP if number else "").append(_fit(each.cell(entry), widths[each.name], right=each.right), style)
    line.rstrip()
    return line


def _fit(text: str, width: int, *, right: bool = False) -> str:
    """As many cells wide as that: cut with … or filled with blanks."""
    long = cell_len(text)
    if long > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - long) + text if right else text + " " * (width - long)


def _differs(column: Column, entries: Sequence[Entry]) -> bool:
    cells = [column.cell(entry) for entry in entries if entry.code]
    return len(cells) < 2 or len(set(cells)) > 1


def _width(column: Column, entries: Sequence[Entry]) -> int:
    return max(cell_len(column.name), *(cell_len(column.cell(entry)) for entry in entries))


def _left(columns: Sequence[Column], entries: Sequence[Entry], room: int) -> int:
    """Cells that the others leave to the subject."""
    return room - sum(_width(each, entries) for each in columns if each is not SUBJECT) - len(GAP) * (len(columns) - 1)


# What stands in the columns


def change(bytes_: int | None) -> str:
    """How many more bytes: +1.2 MB."""
    if bytes_ is None:
        return ""
    count = abs(bytes_)
    if count < 1000:
        return "±0 kB"  # the time of a build is in it somewhere
    return f"{'+' if bytes_ > 0 else '−'}{f'{count / 1000:.0f} kB' if count < 999_500 else size(count)}"


def seconds(count: float | None) -> str:
    return "" if count is None else f"{count:.0f} s"


def _who(entry: Entry) -> str:
    name = (entry.record.who if entry.record and entry.record.who else entry.release.user).partition("@")[0]
    return name if cell_len(name) <= NAME else _fit(name, NAME)


def _name(entry: Entry) -> str:
    return f"{'*' if entry.running else ' '} {entry.release.name}"


def _coloured(entry: Entry) -> str:
    return COLOURS.get(entry.outcome, "") if entry.release.status != "expired" else "dim"


def _quiet(entry: Entry) -> str:
    return "" if entry.code else "dim"


def _growth(entry: Entry) -> str:
    return "yellow" if (entry.change or 0) > 0 else "green" if (entry.change or 0) < 0 else "dim"


SUBJECT = Column("what", lambda each: each.subject or each.release.description, _quiet)
COLUMNS = (
    Column("release", _name, lambda each: "bold green" if each.running else _quiet(each)),
    Column("outcome", lambda each: each.outcome, _coloured),
    Column("commit", lambda each: each.commit[:7] if each.code else "", "yellow"),
    SUBJECT,
    Column("kind", lambda each: each.kind, weight=10),
    Column("size", lambda each: size(each.size) if each.size is not None else "", right=True, weight=30),
    Column("change", lambda each: change(each.change), _growth, right=True, weight=40),
    Column("migr.", lambda each: str(len(each.migrations) or ""), right=True, weight=50),
    Column("took", lambda each: seconds(each.took), right=True, weight=45),
    Column("who", _who, weight=15),
    Column("when", lambda each: ago(each.release.created).removesuffix(" ago"), "dim", right=True),
)  # fmt: skip


# One release


def facts(entry: Entry) -> list[tuple[str, str]]:
    """All that is known of a release; what is not known is left out."""
    release, record = entry.release, entry.record
    rows = [
        ("release", f"{release.name}{', which runs' if entry.running else ''}"),
        ("outcome", entry.outcome),
        ("what", release.description),
        ("commit", entry.commit),
        ("subject", entry.subject),
        ("kind", entry.kind),
        ("digest", record.digest if record else ""),
        ("size", ", ".join(filter(None, (size(entry.size) if entry.size else "", change(entry.change))))),
        ("migrations", "\n".join(entry.migrations)),
        ("config", ", ".join(record.config) if record else ""),
        ("before it", f"v{record.previous}" if record and record.previous else ""),
        ("promoted", record.origin if record else ""),
        ("backup", record.backup if record else ""),
        ("gap", f"{record.gap:g} s without an answer" if record and record.gap else ""),
        ("who", record.who if record and record.who else release.user),
        ("when", f"{release.created:%Y-%m-%d %H:%M:%S} UTC" if release.created else ""),
        ("job", record.job if record else ""),
        ("rollback", "possible" if release.eligible else "not possible"),
    ]
    return [(name if number == 0 else "", line) for name, value in rows if value for number, line in enumerate(value.split("\n"))]


def bars(record: Record) -> list[Text]:
    """Seconds by step as bars; the longest step is as long as all of the room."""
    most = max(record.seconds.values(), default=0.0)
    width = max((cell_len(name) for name in record.seconds), default=0)
    found = []
    for name, count in record.seconds.items():
        eighths = round(BAR * 8 * count / most) if most else 0
        bar = "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")
        found.append(Text.assemble("  ", (f"{name:<{width}}", "dim"), "  ", (f"{bar:<{BAR}}", "cyan"), f"{count:>8.1f} s"))
    return [*found, Text.assemble("  ", (f"{'all':<{width}}", "dim"), " " * (BAR + 2), f"{record.took:>8.1f} s")] if found else []
