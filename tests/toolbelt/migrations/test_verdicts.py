"""The verdicts of migrations, each held against what Postgres and the code of before then really do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.state import ProjectState
from django.db.utils import DatabaseError

from tests.toolbelt.migrations.written import ALTER, BEFORE, GRADE, source
from toolbelt.migrations import IRREVERSIBLE, SAFE, TWO_STEP, Migration
from toolbelt.migrations.difference import judged, sources


def case(operations: str, verdict: str, works: bool, says: str = "", *, more: str = "") -> Any:
    name = " ".join(operations.split()).replace("migrations.", "").replace("models.", "")[:70]
    return pytest.param(operations, verdict, works, says, more, id=name)


TABLE = [
    case('migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))])', SAFE, True),
    case('migrations.DeleteModel("Book")', IRREVERSIBLE, False, "drops the table of shop.book"),
    case('migrations.RenameModel("Book", "Volume")', IRREVERSIBLE, False, "renames the table of shop.Book"),
    case('migrations.AlterModelTable("Book", "volumes")', IRREVERSIBLE, False, "renames the table"),
    case('migrations.AlterModelOptions("book", {"ordering": ["title"]})', SAFE, True),
    case('migrations.AlterModelTableComment("book", "a book")', SAFE, True),
    # columns that come
    case(GRADE.format("models.IntegerField(null=True)"), SAFE, True),
    case(GRADE.format("models.IntegerField(db_default=7)"), SAFE, True),
    case(GRADE.format("models.DateTimeField(db_default=Now())"), SAFE, True),
    case(GRADE.format("models.IntegerField(default=7)"), TWO_STEP, False, "INSERTs of the code that runs fail"),
    case(GRADE.format('models.TextField(blank=True, default="")'), TWO_STEP, False, "NOT NULL"),
    case('migrations.AddField("book", "grade", models.IntegerField(default=7), preserve_default=False)', TWO_STEP, False),
    case(GRADE.format("models.ManyToManyField('shop.author', related_name='x')"), SAFE, True),
    case(GRADE.format("models.ForeignKey('shop.author', models.CASCADE, null=True, related_name='x')"),
         TWO_STEP, True, "builds an index"),
    case(GRADE.format("models.IntegerField(null=True, unique=True)"), TWO_STEP, True, "a unique index"),
    case(GRADE.format("models.IntegerField(null=True, db_index=True)"), TWO_STEP, True, "builds an index"),
    case(GRADE.format('models.GeneratedField(expression=models.F("pages"), output_field=models.IntegerField(), db_persist=True)'),
         TWO_STEP, True, "written anew"),
    # columns that go
    case('migrations.RemoveField("book", "note")', IRREVERSIBLE, False, "drops the column shop.book.note"),
    case('migrations.RenameField("book", "note", "remark")', IRREVERSIBLE, False, "renames shop.book.note to remark"),
    case('migrations.RenameField("book", "shown", "visible")', SAFE, True),
    # columns that change
    case(ALTER.format("title", "models.CharField(max_length=80)"), SAFE, True),
    case(ALTER.format("title", "models.TextField()"), SAFE, True),
    case(ALTER.format("title", "models.CharField(max_length=3)"), TWO_STEP, False, "shortens shop.book.title"),
    case(ALTER.format("title", 'models.CharField(max_length=50, help_text="x", choices=[("a", "b")])'), SAFE, True),
    case(ALTER.format("title", "models.CharField(max_length=50, null=True)"), SAFE, True),
    case(ALTER.format("title", "models.CharField(max_length=50, unique=True)"), TWO_STEP, True, "unique"),
    case(ALTER.format("title", "models.CharField(max_length=50, db_index=True)"), TWO_STEP, True, "builds an index"),
    case(ALTER.format("title", 'models.CharField(max_length=50, db_column="t")'), IRREVERSIBLE, False, "renames the column"),
    case(ALTER.format("title", 'models.CharField(max_length=50, db_collation="C")'), TWO_STEP, True, "changes db_collation"),
    case(ALTER.format("pages", "models.BigIntegerField(default=1)"), TWO_STEP, True, "bigint"),
    case(ALTER.format("pages", "models.TextField(default='')"), TWO_STEP, False, "text"),
    case(ALTER.format("pages", "models.PositiveIntegerField(default=1)"), TWO_STEP, True, "positive"),
    case(ALTER.format("pages", "models.IntegerField(default=2)"), SAFE, True),
    case(ALTER.format("note", 'models.TextField(default="")'), TWO_STEP, False, "may still write NULL"),
    case(ALTER.format("price", "models.DecimalField(max_digits=7, decimal_places=2, default=0)"), SAFE, True),
    case(ALTER.format("price", "models.DecimalField(max_digits=7, decimal_places=3, default=0)"),
         TWO_STEP, False, "numeric(7, 3)"),
    case(ALTER.format("level", "models.IntegerField(default=3)"), TWO_STEP, False, "takes the default"),
    case(ALTER.format("author", "models.ForeignKey('shop.author', models.SET_NULL, null=True)"), SAFE, True),
    # indexes and constraints
    case('migrations.AddIndex("book", models.Index(fields=["title"], name="i"))', TWO_STEP, True, "builds an index"),
    case('AddIndexConcurrently("book", models.Index(fields=["title"], name="i"))', SAFE, True, more="atomic = False"),
    case('migrations.AddConstraint("book", models.UniqueConstraint(fields=["title"], name="u"))',
         TWO_STEP, True, "UniqueConstraint"),
    case('migrations.AddConstraint("book", models.CheckConstraint(condition=models.Q(pages__gt=0), name="c"))',
         TWO_STEP, True, "AddConstraintNotValid"),
    case('migrations.AlterUniqueTogether("book", {("title", "pages")})', TWO_STEP, True, "unique_together"),
    case('migrations.AlterUniqueTogether("book", set())', SAFE, True),
    case('AddConstraintNotValid("book", models.CheckConstraint(condition=models.Q(pages__gt=0), name="c")),'
         'ValidateConstraint("book", "c"), migrations.RemoveConstraint("book", "c")', SAFE, True),
    case(GRADE.format("models.ForeignKey('shop.author', models.CASCADE, null=True, db_index=False, related_name='x')"),
         SAFE, True),
    case('migrations.AlterOrderWithRespectTo("book", "author")', TWO_STEP, False, "_order"),
    # what this very deploy makes, it may also change
    case('migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),'
         'migrations.AddField("shelf", "n", models.IntegerField(default=1)),'
         'migrations.AddIndex("shelf", models.Index(fields=["n"], name="i")),'
         'migrations.RemoveField("shelf", "n"), migrations.RenameModel("Shelf", "Rack"), migrations.DeleteModel("Rack")',
         SAFE, True),
    case(GRADE.format("models.CharField(max_length=5, null=True)") + ', migrations.RenameField("book", "grade", "mark"),'
         'migrations.AlterField("book", "mark", models.TextField(null=True)), migrations.RemoveField("book", "mark")',
         SAFE, True),
    case(GRADE.format("models.IntegerField(null=True)") + ', migrations.RunSQL("UPDATE shop_book SET grade = 1", "SELECT 2"),'
         + ALTER.format("grade", "models.IntegerField()"), TWO_STEP, False, "NOT NULL"),
    case(GRADE.format("models.IntegerField(null=True)") + ", " + ALTER.format("grade", "models.IntegerField(db_default=4)"),
         TWO_STEP, True, "NOT NULL"),
    case(GRADE.format("models.IntegerField(null=True)") + ", " + ALTER.format("grade", "models.TextField(null=True)"),
         TWO_STEP, True, "makes text of"),
    case(GRADE.format("models.IntegerField(null=True)") + ", "
         + ALTER.format("grade", "models.IntegerField(null=True, db_index=True)"),
         TWO_STEP, True, "builds an index"),
    # code and SQL
    case("migrations.RunPython(fill, empty)", SAFE, True, "its reverse is not run by a rollback"),
    case("migrations.RunPython(fill, migrations.RunPython.noop)", SAFE, True),
    case("migrations.RunPython(migrations.RunPython.noop)", SAFE, True),
    case("migrations.RunSQL(migrations.RunSQL.noop)", SAFE, True),
    case('migrations.RunSQL("CREATE TABLE extra (n int); COMMENT ON TABLE extra IS \'x\'")', SAFE, True),
    case('migrations.RunSQL("CREATE INDEX CONCURRENTLY x ON shop_book (title)")', SAFE, True, more="atomic = False"),
    case('migrations.RunSQL("ALTER TABLE shop_book DROP COLUMN note", "SELECT 2")', IRREVERSIBLE, False, "DROP COLUMN note"),
    case('migrations.RunSQL([("UPDATE shop_book SET pages = %s", [2])], "SELECT 2")', SAFE, True, "UPDATE shop_book"),
    case('migrations.RunSQL("ALTER TABLE shop_book ALTER COLUMN note SET NOT NULL", "SELECT 2")',
         TWO_STEP, False, "live with it?"),
    case('migrations.RunSQL("CREATE INDEX x ON shop_book (title)", "SELECT 2")', TWO_STEP, True, "CONCURRENTLY"),
    # taken apart by hand
    case('migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("book", "note")])', SAFE, True),
    case('migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("book", "note")])',
         IRREVERSIBLE, False),
]  # fmt: skip
# Not to be tried: what they do in truth is that they cannot be read, or fail.
READ_ONLY = [
    case("migrations.RunPython(fill)", IRREVERSIBLE, False, "runs fill, which has no reverse"),
    case('migrations.RunSQL("UPDATE shop_book SET pages = 2")', IRREVERSIBLE, False, "has no reverse"),
    case('migrations.RunSQL(open("x").read())', IRREVERSIBLE, False, "only known when it runs"),
    case('AddIndexConcurrently("book", models.Index(fields=["title"], name="i"))', TWO_STEP, True, "atomic = False"),
    case("plugin.AddEverything('book')", IRREVERSIBLE, False, "AddEverything is no operation of Django's"),
    case('migrations.AddField("book", "where", gis.PointField(null=True))', SAFE, True),
    case('migrations.AlterField("book", "unseen", models.TextField())', TWO_STEP, False, "cannot be read here"),
    case('migrations.AlterField("book", "title", made())', TWO_STEP, False, "not known here"),
    case('migrations.AlterField("book", "title", models.CharField(max_length=LONGEST))', TWO_STEP, False, "varchar(LONGEST)"),
    case(
        'migrations.AlterField("book", "author", models.ForeignKey(name("x"), models.CASCADE, null=True))',
        TWO_STEP,
        False,
        "name(…)",
    ),
    case(
        'migrations.AlterField("book", "title", models.CharField(max_length=50, odd={"a": 1}))', TWO_STEP, True, "changes odd of"
    ),
    case('migrations.CreateModel("Shelf", fields=made())', SAFE, True),
    case("migrations.SeparateDatabaseAndState(made(), made())", IRREVERSIBLE, False, "only known when it runs"),
    case('migrations.AddField("book", "x", models.TextField(**made))', TWO_STEP, False, "cannot be read"),
    case('*made("book")', IRREVERSIBLE, False, "computed, or cannot be parsed"),
    case(") oops", IRREVERSIBLE, False, "cannot be parsed"),
]


def verdict(operations: str, more: str = "") -> Migration:
    first, second = "shop/migrations/0001_initial.py", "shop/migrations/0002_next.py"
    texts = {first: source(BEFORE), second: source(operations, dependencies='("shop", "0001_initial")', more=more)}
    (found,) = judged(sources(texts, texts), fresh=[second])
    return found


@pytest.mark.parametrize(("operations", "wanted", "works", "says", "more"), [*TABLE, *READ_ONLY])
def test_verdict(operations: str, wanted: str, works: bool, says: str, more: str) -> None:
    found = verdict(operations, more)
    assert (found.verdict, found.old_code_works) == (wanted, works), found.reasons
    assert says in " ".join(found.reasons)


@pytest.fixture
def tables(django_db_blocker: Any, django_db_setup: None) -> Iterator[None]:
    """The database as it stands before, with a book in it; emptied afterwards. Not in a transaction: indexes are
    built concurrently."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                for table in connection.introspection.table_names(cursor):
                    if table.startswith("shop_") or table in ("extra", "volumes"):
                        cursor.execute(f'DROP TABLE "{table}" CASCADE')


def apply(state: ProjectState, text: str) -> ProjectState:
    names: dict[str, Any] = {}
    exec(text, names)  # the very text that is judged
    made = names["Migration"]("m", "shop")
    with connection.schema_editor(atomic=made.atomic) as editor:
        return made.apply(state, editor)


@pytest.mark.parametrize(("operations", "wanted", "works", "says", "more"), TABLE)
def test_the_code_of_before_does_what_the_verdict_says(
    operations: str, wanted: str, works: bool, says: str, more: str, tables: None
) -> None:
    before = apply(ProjectState(), source(BEFORE))
    book = before.apps.get_model("shop", "Book")
    book.objects.create(title="abc", note="n")
    file, indexes = table()
    apply(before.clone(), source(operations, more=more))
    if wanted == SAFE:  # no row is written anew, and nothing is built while writes wait
        assert table()[0] == file
        assert table()[1] == indexes or "oncurrently" in operations.replace("CONCURRENTLY", "oncurrently")
    elif says in ANEW:
        assert table()[0] not in (file, None)
    elif "index" in says:
        assert table()[1] > indexes
    try:
        with transaction.atomic():
            book.objects.create(title="abcdefgh")  # what a NULL, a missing default or a length is to break
            assert book.objects.count() == 2
            assert {each.pages for each in book.objects.all()} <= {1, 2, "1"}
        went_on = True
    except DatabaseError:
        went_on = False
    assert went_on is works or conservative(operations)


# What their cases say is so of tables that Postgres does write anew.
ANEW = ("written anew", "bigint", "numeric(7, 3)", "text", "makes text of")


def table() -> tuple[int | None, frozenset[str]]:
    """The file that the books are in, and their indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filenode(to_regclass('shop_book'))")
        file = cursor.fetchone()[0]
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'shop_book'")
        return file, frozenset(name for (name,) in cursor.fetchall())


def conservative(operations: str) -> bool:
    """Where the verdict is careful: the query of this test does well, another would not."""
    return "TextField(default='')" in operations or "decimal_places=3" in operations
