"""Which columns there are, and which of them nobody has classified."""

from collections.abc import Collection, Mapping

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

from djheroku.scrubbing.rules import RULES, Empty, Renew, Table

Columns = Mapping[str, frozenset[str]]
LARGE_OBJECTS = "pg_largeobject"  # which belong to no table
# Of what belongs to an extension pg_dump brings the rows of those tables only that the extension leaves to its user (extconfig).
# A name of the site's own schema that has a dot in it is nothing that a rule could mean.
RELATIONS = """
SELECT c.oid, c.relkind, c.relispopulated, CASE
  WHEN n.nspname <> current_schema() THEN n.nspname || '.' || c.relname
  WHEN c.relname ~ '[.]' THEN quote_ident(c.relname) ELSE c.relname END AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
       OR EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY(e.extconfig)))
"""
BROUGHT = f"""
WITH r AS ({RELATIONS}) SELECT name, attname FROM r JOIN pg_attribute ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
"""  # noqa: S608
# One that needs another was made after it.
VIEWS = f"WITH r AS ({RELATIONS}) SELECT name, relispopulated FROM r WHERE relkind = 'm' ORDER BY oid"  # noqa: S608


def of_models() -> Columns:
    """Tables and columns as the models have them, those of many-to-many relations too, and Django's own book of migrations."""
    found = {
        model._meta.db_table: frozenset(field.column for field in model._meta.local_concrete_fields)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    return found | {"django_migrations": frozenset(RULES["django_migrations"])}  # type: ignore[arg-type]


def of_database(connection: BaseDatabaseWrapper) -> Columns:
    """Whatever has rows that a dump brings: tables and materialized views of every schema, and large objects.

    Those of the site's own schema by their name, others as ``schema.table``.
    """
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(BROUGHT)
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
        cursor.execute("SELECT EXISTS (SELECT FROM pg_largeobject_metadata)")
        if cursor.fetchone()[0]:
            found[LARGE_OBJECTS] = {"data"}
    return {table: frozenset(columns) for table, columns in found.items()}


def views_of_database(connection: BaseDatabaseWrapper) -> Mapping[str, bool]:
    """The materialized views, in an order in which they can be made anew, and whether each has been filled."""
    with connection.cursor() as cursor:
        cursor.execute(VIEWS)
        return dict(cursor.fetchall())


def unclassified(there: Columns, rules: Mapping[str, Table] = RULES, *, views: Collection[str] = ()) -> list[str]:
    """``table.column`` (or a whole ``table``) that no rule is about.

    A materialized view can be made anew or emptied, and nothing else; a table cannot be made anew.
    """
    missing = []
    for table, columns in sorted(there.items()):
        rule = rules.get(table)
        if isinstance(rule, Empty) or (isinstance(rule, Renew) and table in views):
            continue
        if rule is None or isinstance(rule, Renew) or table in views:
            missing.append(table)
        else:
            missing += [f"{table}.{column}" for column in sorted(columns - rule.keys())]
    return missing


def forgotten(there: Columns, rules: Mapping[str, Table] = RULES) -> list[str]:
    """Rules about what is no longer there."""
    gone = [table for table in sorted(rules) if table not in there]
    for table, rule in sorted(rules.items()):
        if table in there and not isinstance(rule, Empty | Renew):
            gone += [f"{table}.{column}" for column in sorted(rule.keys() - there[table])]
    return gone
