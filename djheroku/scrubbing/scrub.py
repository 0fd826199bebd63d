"""The scrubbing itself: all of it or nothing, and nothing at all where a column is not classified."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from djheroku.scrubbing.columns import LARGE_OBJECTS, of_database, unclassified, views_of_database
from djheroku.scrubbing.rules import RULES, Empty, Scrub, Table

# Where the server keeps samples of what was in the columns.
STATISTICS = ("pg_statistic", "pg_statistic_ext_data")


class Unclassified(Exception):
    """Columns that nobody has classified: ``table.column`` of each."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"not classified in djheroku/scrubbing/rules.py: {', '.join(names)}")
        self.names = names


def scrub(connection: BaseDatabaseWrapper, rules: Mapping[str, Table] = RULES) -> dict[str, int]:
    """Scrub the database that the connection leads to; for everything that was changed, how many rows.

    Raises Unclassified, and changes nothing, if there is a column, a table or a materialized view that no rule is about.
    """
    there, views = of_database(connection), views_of_database(connection)
    if names := unclassified(there, rules, views=views):
        raise Unclassified(names)
    changed = {}
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in sorted(there.keys() - views.keys()):
            statement = _statement(connection, table, rules[table], there[table])
            if statement:
                cursor.execute(statement)
                changed[table] = cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a view is not made anew while checks of its tables wait
        for view, filled in views.items():
            if filled and view in there:
                name = _quoted(connection, view)
                cursor.execute(f"REFRESH MATERIALIZED VIEW {name}{' WITH NO DATA' if isinstance(rules[view], Empty) else ''}")
                changed[view] = cursor.rowcount
    return changed


def compact(connection: BaseDatabaseWrapper, changed: Iterable[str]) -> None:
    """Write what was changed anew: the rows as they were are gone from the server's files, and from its statistics.

    Not in a transaction. Where the role is no superuser, the statistics are made anew as far as there are rows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        if cursor.fetchone()[0] == "on":
            for catalog in STATISTICS:
                cursor.execute(f"DELETE FROM {catalog}")  # noqa: S608
                cursor.execute(f"VACUUM FULL {catalog}")
        for table in changed:
            cursor.execute(f"VACUUM FULL {_quoted(connection, table)}")
        cursor.execute("ANALYZE")


def _statement(connection: BaseDatabaseWrapper, table: str, rule: Table, columns: frozenset[str]) -> str:
    """One statement for a table, "" where there is nothing to change. Rules are code of ours, not input."""
    name = connection.ops.quote_name
    if isinstance(rule, Empty):
        if table == LARGE_OBJECTS:
            return "SELECT lo_unlink(oid) FROM pg_largeobject_metadata"
        return f"DELETE FROM {_quoted(connection, table)}"  # noqa: S608
    assert isinstance(rule, Mapping)
    sets = [
        f"{name(column)} = {each.expression}" for column, each in rule.items() if isinstance(each, Scrub) and column in columns
    ]
    return f"UPDATE {_quoted(connection, table)} SET {', '.join(sets)}" if sets else ""  # noqa: S608


def _quoted(connection: BaseDatabaseWrapper, table: str) -> str:
    return ".".join(connection.ops.quote_name(part) for part in table.split(".", 1))
