"""A dump of today's pg_dump into a server of an older Postgres, and the other way: real servers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolbelt.data.kept import Kept
from tests.toolbelt.data.servers import fresh, older, run, running
from toolbelt import shell
from toolbelt.commands.data import fitting, moving
from toolbelt.data import archive, asking, copying, programs
from toolbelt.data.copying import Unknown
from toolbelt.data.database import Database
from toolbelt.errors import MissingTool, UsageError

pytestmark = pytest.mark.slow
# A row that reads as the line of the head which is taken out, and more of it than a piece.
LINE = "SET transaction_timeout = 0;"
FILL = (
    "CREATE SCHEMA other",
    "CREATE TABLE other.kept AS SELECT n, md5(n::text) AS word FROM generate_series(1, 20000) n",
    "ALTER TABLE other.kept ADD PRIMARY KEY (n)",
    f"CREATE TABLE lines AS SELECT '{LINE}' AS line FROM generate_series(1, 3)",
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM other.kept",
)


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with running(tmp_path_factory.mktemp("today")) as made:
        run(made, *FILL)
        yield made


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with running(tmp_path_factory.mktemp("old"), older()) as made:
        run(made, *FILL)
        yield made


def nobody(_count: int) -> None:
    """Where nobody watches."""


def dumped(source: Database, to: Path) -> Path:
    command = programs.dump(fitting.programs_here(), source)
    shell.pipe(command, to, told=nobody)
    return to


@pytest.mark.parametrize("way", ["today to old", "old to today", "old to old", "today to today"])
def test_every_row_gets_through(request: pytest.FixtureRequest, way: str) -> None:
    first, _, second = way.partition(" to ")
    source, target = request.getfixturevalue(first), request.getfixturevalue(second)
    with fresh(target, "copied") as made:
        there = copying.copy(fitting.programs_here(), source, made, told=nobody)
        assert copying.differences(there, asking.contents(made)) == ()
        assert run(made, "SELECT DISTINCT line FROM lines") == [(LINE,)]
        assert run(made, "SELECT count FROM counted") == [(20000,)]


@pytest.mark.parametrize("target", ["today", "old"])
def test_an_archive_gets_through(request: pytest.FixtureRequest, today: Database, tmp_path: Path, target: str) -> None:
    file, chosen = dumped(today, tmp_path / "f.dump"), tmp_path / "entries"
    has = archive.read(fitting.programs_here(), file)
    assert set(has.tables) == {"other.kept", "public.lines"}
    assert (has.extensions, has.schemas) == ((), ("other",))
    chosen.write_text(has.but(()))
    counts: list[int] = []
    with fresh(request.getfixturevalue(target), "unpacked") as made:
        copying.unpack(fitting.programs_here(), file, made, told=counts.append, chosen=chosen)
        assert copying.differences(asking.contents(today), asking.contents(made)) == ()
    assert len(counts) > 1
    assert target == "old" or sum(counts) == file.stat().st_size  # a bar's end


def test_a_large_archive_goes_through_several_connections(
    today: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "LARGE", 1)
    monkeypatch.setattr(copying, "EVERY", 0.005)
    file, chosen = dumped(today, tmp_path / "f.dump"), tmp_path / "entries"
    chosen.write_text(archive.read(fitting.programs_here(), file).but(()))
    counts: list[int] = []
    with fresh(today, "beside") as made:
        copying.unpack(fitting.programs_here(), file, made, told=counts.append, chosen=chosen)
        assert copying.differences(asking.contents(today), asking.contents(made)) == ()
    assert sum(counts) > 0
    with fresh(today, "taken") as made:
        run(made, "CREATE TABLE lines (other int)")
        with pytest.raises(copying.CopyFailed, match="The restore failed") as caught:
            copying.unpack(fitting.programs_here(), file, made, told=nobody, chosen=chosen)
        assert "already exists" in caught.value.finding


def test_a_restore_into_an_old_one_is_all_or_nothing(today: Database, old: Database) -> None:
    with fresh(today, "virtual") as source, fresh(old, "half") as made:
        run(source, "CREATE TABLE a AS SELECT 1", "CREATE TABLE b (n int, twice int GENERATED ALWAYS AS (n * 2) VIRTUAL)")
        with pytest.raises(copying.CopyFailed, match="The restore failed") as caught:
            copying.copy(fitting.programs_here(), source, made, told=nobody)
        assert "syntax error" in caught.value.finding
        assert asking.tables(made) == ()


def test_the_line_is_taken_out_of_the_head_alone() -> None:
    head = f"SET lock_timeout = 0;\n{LINE}\nSET row_security = off;\n".encode()
    data = f"COPY t FROM stdin;\n{LINE}\n\\.\n".encode()
    changed = Unknown()
    assert changed(head + data) == head.replace(f"{LINE}\n".encode(), b"") + data
    assert changed(data) == data
    without = head.replace(f"{LINE}\n".encode(), b"")
    assert Unknown()(without + data) == without + data


@pytest.mark.parametrize(("version", "major"), [("18.4 (Debian 18.4-1)", 18), ("19beta1", 19), (" 16.10", 16)])
def test_a_version(version: str, major: int) -> None:
    assert programs.number(version) == major


def test_the_programs_are_of_the_embedded_server() -> None:
    assert programs.major(fitting.programs_here()) == 18


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("verb", ["copy", "pull"])
def test_a_server_newer_than_the_programs_is_refused_before_anything(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, verb: str, today: Database
) -> None:
    monkeypatch.setattr(programs, "major", lambda _folder: 17)
    monkeypatch.setattr(moving, "local", lambda _tools: today)
    options = {
        "copy": {"a": "a", "b": "b", "confirm": kept.apps["b"], "replace": True},
        "pull": {"stage": "a", "yes": True, "raw": True, "confirm": kept.apps["a"], "without": ()},
    }
    with pytest.raises(UsageError, match="is of Postgres 18, and the programs of this machine are of 17") as caught:
        kept.verb(getattr(moving, verb), **options[verb])
    assert "Nothing was done." in caught.value.finding
    assert kept.rows("b") == 5000
    assert kept.transfers("b") == ()


def test_programs_of_the_path_where_there_are_none_of_the_stacks_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none() -> Path:
        raise MissingTool("There is no embedded Postgres for this machine (plan9, vax)", todo="Start a Docker engine")

    monkeypatch.setattr(fitting, "postgres_programs", none)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool, match="no pg_dump, pg_restore, psql") as caught:
        fitting.programs_here()
    assert "Docker engine" not in caught.value.todo
    assert "apt install postgresql-client" in caught.value.todo
    for name in fitting.NEEDED:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert fitting.programs_here() == tmp_path


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    (file := tmp_path / "f.dump").write_text("SELECT 1;")
    with pytest.raises(UsageError, match=r"f\.dump is no archive that these programs can read"):
        archive.read(fitting.programs_here(), file)


def test_pg_restore_itself_is_what_an_old_server_refuses(today: Database, old: Database, tmp_path: Path) -> None:
    """The day it does not any more, the way round it may go."""
    file = dumped(today, tmp_path / "f.dump")
    with fresh(old, "itself") as made:
        command = programs.restore(fitting.programs_here(), made)
        done = subprocess.run(command.argv, env=command.env, stdin=file.open("rb"), capture_output=True, text=True)
        assert 'unrecognized configuration parameter "transaction_timeout"' in done.stderr
