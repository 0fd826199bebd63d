"""The scrubbing itself: all of it or nothing, and nothing at all where a column is not classified."""

from collections.abc import Mapping

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from djheroku.scrubbing.columns import of_database, unclassified
from djheroku.scrubbing.rules import RULES, Empty, Scrub, Table


class Unclassified(Exception):
    """Columns that nobody has classified: ``table.column`` of each."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"not classified in djheroku/scrubbing/rules.py: {', '.join(names)}")
        self.names = names


def scrub(connection: BaseDatabaseWrapper, rules: Mapping[str, Table] = RULES) -> dict[str, int]:
    """Scrub the database that the connection leads to; for every table that was changed, how many rows.

    Raises Unclassified, and changes nothing, if there is a column or a table in it that no rule is about.
    """
    there = of_database(connection)
    if names := unclassified(there, rules):
        raise Unclassified(names)
    changed = {}
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in sorted(there):
            statement = _statement(connection, table, rules[table], there[table])
            if statement:
                cursor.execute(statement)
                changed[table] = cursor.rowcount
    return changed


def _statement(connection: BaseDatabaseWrapper, table: str, rule: Table, columns: frozenset[str]) -> str:
    """One statement for a table, "" where there is nothing to change. Rules are code of ours, not input."""
    name = connection.ops.quote_name
    if isinstance(rule, Empty):
        return f"DELETE FROM {name(table)}"  # noqa: S608
    sets = [
        f"{name(column)} = {each.expression}" for column, each in rule.items() if isinstance(each, Scrub) and column in columns
    ]
    return f"UPDATE {name(table)} SET {', '.join(sets)}" if sets else ""  # noqa: S608
