"""Which columns there are, and which of them nobody has classified."""

from collections.abc import Mapping

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

from djheroku.scrubbing.rules import RULES, Empty, Table

Columns = Mapping[str, frozenset[str]]


def of_models() -> Columns:
    """Tables and columns as the models have them, those of many-to-many relations too, and Django's own book of migrations."""
    found = {
        model._meta.db_table: frozenset(field.column for field in model._meta.local_concrete_fields)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    return found | {"django_migrations": frozenset(RULES["django_migrations"])}  # type: ignore[arg-type]


def of_database(connection: BaseDatabaseWrapper) -> Columns:
    """Tables and columns as they are in the database, whoever has made them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
        found: dict[str, set[str]] = {}
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
    return {table: frozenset(columns) for table, columns in found.items()}


def unclassified(there: Columns, rules: Mapping[str, Table] = RULES) -> list[str]:
    """``table.column`` (or a whole ``table``) that no rule is about."""
    missing = []
    for table, columns in sorted(there.items()):
        rule = rules.get(table)
        if rule is None:
            missing.append(table)
        elif not isinstance(rule, Empty):
            missing += [f"{table}.{column}" for column in sorted(columns - rule.keys())]
    return missing


def forgotten(there: Columns, rules: Mapping[str, Table] = RULES) -> list[str]:
    """Rules about what is no longer there."""
    gone = [table for table in sorted(rules) if table not in there]
    for table, rule in sorted(rules.items()):
        if table in there and not isinstance(rule, Empty):
            gone += [f"{table}.{column}" for column in sorted(rule.keys() - there[table])]
    return gone
