"""The table of releases: what fits, what goes first where it does not, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from toolbelt.commands.history import table as release_table
from toolbelt.commands.history.entries import Entry
from toolbelt.heroku.releases import Release
from toolbelt.records import Record

NOW = datetime.now(UTC)
RELEASE = Release(
    id="r", version=1042, status="succeeded", description="Deploy 8d97fa3a", user="ann.of.the.team@example.com",
    created=NOW - timedelta(minutes=41), current=True, eligible=True, slug="s", output_url="",
)  # fmt: skip
RECORD = Record(
    app="tiny", version=1042, commit="8d97fa3" + "0" * 33, kind="promotion", who="ann.of.the.team@example.com",
    outcome="rolled back", migrations=("a.0001", "a.0002"), seconds={"build": 350.4},
)  # fmt: skip
FULL = Entry(
    release=RELEASE, record=RECORD, running=True, code=True, commit=RECORD.commit, subject="A 言葉 — " + "said at length " * 10,
    kind="promotion", outcome="rolled back", size=145_100_000, change=-12_345_678,
)  # fmt: skip
OTHER = replace(
    FULL, kind="source", running=False, subject="短い", size=99_000_000, change=None,
    record=replace(RECORD, who="eve@example.com", migrations=("a.0001",), seconds={"build": 1.0}),
)  # fmt: skip
PLAIN = replace(FULL, record=None, code=False, commit="", subject="", kind="", outcome="released", size=None, change=None)


def told(entries: list[Entry], width: int) -> list[str]:
    return [line.plain for line in release_table.lines(entries, width=width)]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 300])
def test_no_line_is_wider_than_the_terminal_or_a_hundred(width: int) -> None:
    found = told([FULL, OTHER, PLAIN], width)
    assert max(cell_len(line) for line in found) <= min(width, 100)
    assert len(found) == 4
    assert found[1].startswith("* v1042  rolled back  8d97fa3  A 言葉 — ")
    assert "…" in found[1]


def test_nothing_is_cut_in_a_pipe() -> None:
    assert FULL.subject.rstrip() in told([FULL], 0)[1]


def test_what_matters_least_goes_first() -> None:
    heads = [told([FULL, OTHER], width)[0].split() for width in (100, 80, 60)]
    gone = [[each.name for each in release_table.COLUMNS if each.name not in head] for head in heads]
    assert gone == [["kind", "who"], ["kind", "size", "who"], ["kind", "size", "change", "migr.", "took", "who"]]


def test_what_says_the_same_everywhere_goes_before_that() -> None:
    head = told([FULL, replace(OTHER, size=FULL.size)], 100)[0].split()
    assert "size" not in head
    assert {"kind", "who"} & set(head)


def test_columns_that_are_empty_everywhere_are_left_out() -> None:
    assert told([PLAIN], 100)[0].split() == ["release", "outcome", "what", "who", "when"]


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [(None, ""), (0, "±0 kB"), (-999, "±0 kB"), (1000, "+1 kB"), (250_000, "+250 kB"), (3_210_000, "+3.2 MB")],
)
def test_a_change_in_few_words(bytes_: int | None, said: str) -> None:
    assert release_table.change(bytes_) == said


def test_bars_tell_the_longest_step_at_a_glance() -> None:
    lines = [line.plain for line in release_table.bars(replace(RECORD, seconds={"build": 8.0, "gate": 2.0, "lock": 0.0}))]
    assert [line.count("█") for line in lines] == [30, 7, 0, 0]
    assert lines[-1].split() == ["all", "10.0", "s"]
    assert release_table.bars(replace(RECORD, seconds={})) == []
    assert len({cell_len(line) for line in lines}) == 1
