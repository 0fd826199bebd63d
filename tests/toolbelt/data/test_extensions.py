"""Extensions that a copy brings along, and those that its target's server lacks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolbelt.data.kept import Kept
from tests.toolbelt.data.servers import fresh, older, run, running
from toolbelt import config as configuration
from toolbelt import shell
from toolbelt.commands.data import fitting, moving, restoring
from toolbelt.data import archive, asking, copying, extensions, programs
from toolbelt.data.asking import Contents
from toolbelt.data.database import Database
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.output import Printer
from toolbelt.tools import Tools

pytestmark = pytest.mark.slow
EMBEDDED = ("CREATE EXTENSION vector SCHEMA heroku_ext", "CREATE TABLE kept AS SELECT 1 AS n")
NEEDS = "CREATE TABLE places (at heroku_ext.vector(3))"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with running(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture
def source(server: Database) -> Iterator[Database]:
    """As at Heroku: extensions in a schema of their own, which no dump brings."""
    with fresh(server, "source") as made:
        run(made, "CREATE SCHEMA heroku_ext", *EMBEDDED)
        yield made


@pytest.fixture
def target(server: Database) -> Iterator[Database]:
    with fresh(server, "target") as made:
        yield made


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "kept"\n')
    return Tools(configuration.load(tmp_path, environ={"HOME": str(tmp_path)}), Printer(file=io.StringIO()))


def said(tools: Tools) -> str:
    file = tools.printer.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.fixture
def none_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "available", lambda _database: frozenset({"plpgsql"}))


def test_one_in_a_schema_that_no_dump_brings(tools: Tools, source: Database, target: Database) -> None:
    run(source, NEEDS, "INSERT INTO places VALUES ('[1,2,3]')")
    there = moving._copy(tools, source, target, left_out=fitting.fit(tools, source, target))
    moving._check(there, target)
    assert extensions.homes(target) == {"vector": "heroku_ext"}
    assert run(target, "SELECT at::text FROM places") == [("[1,2,3]",)]


def test_one_in_public_stays_there_although_there_is_heroku_ext(tools: Tools, source: Database, target: Database) -> None:
    run(source, "ALTER EXTENSION vector SET SCHEMA public", "CREATE TABLE places (at public.vector(3))")
    run(target, "CREATE SCHEMA heroku_ext")
    moving._copy(tools, source, target)
    assert extensions.homes(target) == {"vector": "public"}


def test_one_that_is_there_already_and_is_not_ours(tools: Tools, source: Database, target: Database) -> None:
    """What is said about it would be refused to anybody but its owner."""
    run(target, "CREATE SCHEMA heroku_ext", EMBEDDED[0])
    run(source, NEEDS)
    moving._copy(tools, source, target)
    stays = fitting.prepare(source, target, ())
    assert stays == ("vector",)
    script = programs.dump(fitting.programs_here(), source, left_out=stays, script=True)
    assert "EXTENSION" not in shell.run(script.argv, env=script.env).stdout.replace("Type: EXTENSION", "")


@pytest.mark.usefixtures("none_there")
def test_one_that_nothing_needs_stays_behind(tools: Tools, source: Database, target: Database) -> None:
    left_out = fitting.fit(tools, source, target)
    assert left_out == ("vector",)
    assert "left out, because the server has none: extension vector" in said(tools)
    there = moving._copy(tools, source, target, left_out=left_out)
    moving._check(there, target, left_out=left_out)
    assert extensions.homes(target) == {}
    with pytest.raises(ToolbeltError) as caught:
        moving._check(there, target)
    assert caught.value.finding == "extension vector is not in the copy"


@pytest.mark.usefixtures("none_there")
def test_one_with_a_table_of_its_own(tools: Tools, source: Database, target: Database) -> None:
    run(source, "CREATE TABLE its (n int)", "ALTER EXTENSION vector ADD TABLE its")
    assert asking.tables(source) == ("public.kept",)
    left_out = fitting.fit(tools, source, target)
    moving._check(moving._copy(tools, source, target, left_out=left_out), target, left_out=left_out)
    assert "with tables of its own" in said(tools)


@pytest.mark.usefixtures("none_there")
@pytest.mark.parametrize(
    ("statement", "user"),
    [
        (NEEDS, "column at of table places"),
        ("CREATE VIEW seen AS SELECT '[1]'::heroku_ext.vector AS at", "column at of view seen"),
        ("CREATE FUNCTION f(heroku_ext.vector[]) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function f(heroku_ext.vector[])"),
        (
            "CREATE TABLE near (n int DEFAULT heroku_ext.vector_dims('[1,2]'::heroku_ext.vector))",
            "default value for column n of table near",
        ),
    ],
)
def test_one_that_is_needed_is_refused_before_anything(
    tools: Tools, source: Database, target: Database, statement: str, user: str
) -> None:
    run(source, statement)
    with pytest.raises(UsageError, match="does not have vector, which the data needs") as caught:
        fitting.fit(tools, source, target)
    assert user in caught.value.finding
    assert "Nothing was done." in caught.value.finding
    assert "start a Docker engine" in caught.value.todo


@pytest.mark.usefixtures("quick")
def test_a_target_is_not_emptied_for_it(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "homes", lambda _database: {"hstore": "heroku_ext"})
    monkeypatch.setattr(extensions, "in_use", lambda _database, names: dict.fromkeys(names, ("column a of table b",)))
    with pytest.raises(UsageError, match="does not have hstore"):
        kept.verb(moving.copy, a="a", b="b", confirm=kept.apps["b"], replace=True)
    assert kept.rows("b") == 5000
    assert kept.transfers("b") == ()


@pytest.mark.parametrize("needed", [False, True])
def test_in_an_archive(
    tools: Tools, source: Database, target: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: bool
) -> None:
    """Nobody can see in it what uses an extension: it is tried without one that is lacking, beside what is there."""
    run(source, *([NEEDS] if needed else []))
    file = tmp_path / "f.dump"
    shell.pipe(programs.dump(fitting.programs_here(), source), file, told=lambda _count: None)
    has = archive.read(fitting.programs_here(), file)
    assert has.extensions == ("vector",)
    restoring._unpack(tools, file, has, target)
    assert extensions.homes(target) == {"vector": "heroku_ext"}
    with fresh(target, "without") as made:
        monkeypatch.setattr(extensions, "available", lambda _database: frozenset({"plpgsql"}))
        if needed:
            with pytest.raises(copying.CopyFailed) as caught:
                restoring._unpack(tools, file, has, made)
            assert "without extension vector" in caught.value.finding
            assert "start a Docker engine" in caught.value.todo
        else:
            restoring._unpack(tools, file, has, made)
            assert asking.contents(made) == Contents({"public.kept": 1}, ())
        assert "extension vector" in said(tools)


def test_a_difference() -> None:
    there, here = Contents({"public.a": 1}, ("hstore", "vector")), Contents({"public.a": 1}, ("vector",))
    assert copying.differences(there, here) == ("extension hstore is not in the copy",)
    assert copying.differences(there, here, left_out=["hstore"]) == ()
    assert copying.differences(here, there) == ()  # more than there was is no loss


def test_those_of_an_older_server_with_more_of_them(
    tools: Tools, tmp_path_factory: pytest.TempPathFactory, target: Database
) -> None:
    """As Heroku's: pg_stat_statements is in every database, and only some use hstore."""
    with running(tmp_path_factory.mktemp("old"), older()) as old:
        if "hstore" not in extensions.available(old):
            pytest.skip("that Postgres has no hstore")
        more = ("pg_stat_statements", "pg_trgm", "cube", "earthdistance", "hstore")
        run(old, "CREATE TABLE kept AS SELECT 1 AS n", *(f"CREATE EXTENSION {name}" for name in more))
        left_out = fitting.fit(tools, old, target)
        assert set(left_out) == set(more)
        there = moving._copy(tools, old, target, left_out=left_out)
        moving._check(there, target, left_out=left_out)
        run(old, "CREATE TABLE tags (t hstore, w text)", "CREATE INDEX ON tags USING gin (w gin_trgm_ops)")
        assert set(extensions.in_use(old, more)) == {"hstore", "pg_trgm"}
