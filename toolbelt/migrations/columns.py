"""Operations on columns: adding, removing, renaming, changing one."""

from __future__ import annotations

from collections.abc import Iterator

from toolbelt.migrations import altering, fields
from toolbelt.migrations.effects import IRREVERSIBLE, TWO_STEP, Effect
from toolbelt.migrations.reading import Call, Other, Source
from toolbelt.migrations.schema import Schema


def where_of(operation: Call, source: Source) -> str:
    """The model that an operation is about, as app.model."""
    return f"{source.app}.{str(operation.get('model_name') or operation.get('name') or '').lower()}"


def model_of(operation: Call) -> str:
    """Its name, as it is written."""
    return str(operation.get("model_name") or operation.get("name") or operation.get("old_name") or "")


def add(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    found, model = operation.get("field"), model_of(operation)
    if schema.untouched(source.app, model):
        return
    column = f"{where_of(operation, source)}.{operation.get('name')}"
    if not isinstance(found, Call) or "**" in found.given:
        yield Effect(TWO_STEP, f"adds {column}: what it is cannot be read here", breaks=True)
        return
    if found.name == fields.MANY:
        return
    if found.name == "GeneratedField":
        yield Effect(TWO_STEP, f"adds {column}, computed for every row: the table is written anew, and locked meanwhile")
        return
    given = "db_default" in found.given
    if given and isinstance(found.given["db_default"], Call | Other) and _volatile(found.given["db_default"]):
        yield Effect(
            TWO_STEP, f"adds {column} with a value of its own for every row: the table is written anew, and locked meanwhile"
        )
    elif not given and found.get("null") is not True:
        yield Effect(
            TWO_STEP,
            f"adds {column} NOT NULL; Django keeps no default in Postgres, so that INSERTs of the code that runs fail: "
            "give it db_default=, or add it with null=True first",
            breaks=True,
        )
    if fields.unique(found) or fields.indexed(found):
        kind = "a unique index" if fields.unique(found) else "an index"
        yield Effect(TWO_STEP, f"builds {kind} on {column}: {LOCK}")


# What Postgres computes once for all rows (stable), not for each (volatile: https://www.postgresql.org/docs/18/sql-altertable.html).
ONCE = frozenset(
    (
        "Now",
        "Value",
        "Cast",
        "Concat",
        "Lower",
        "Upper",
        "Decimal",
        "UUID",
        "date",
        "datetime",
        "time",
        "timedelta",
        "dict",
        "list",
    )
)
LOCK = "writes to the table wait until it is built; in a table of any size, use AddIndexConcurrently in a migration of its own"


def _volatile(found: Call | Other) -> bool:
    return isinstance(found, Call) and found.name not in ONCE


def remove(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    model, name = model_of(operation), str(operation.get("name"))
    if schema.untouched(source.app, model) or (source.app, model.lower(), name.lower()) in schema.fresh_fields:
        return
    found = schema.field(source.app, model, name)
    what = "table of" if found is not None and found.name == fields.MANY else "column"
    column = f"{where_of(operation, source)}.{name}"
    yield Effect(IRREVERSIBLE, f"drops the {what} {column} and what is in it: the code that runs asks for it", breaks=True)


def rename(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    model, old, new = model_of(operation), str(operation.get("old_name")), str(operation.get("new_name"))
    found = schema.field(source.app, model, old)
    if schema.untouched(source.app, model) or (source.app, model.lower(), old.lower()) in schema.fresh_fields:
        return
    if found is not None and found.get("db_column"):
        return  # the column keeps its name
    yield Effect(
        IRREVERSIBLE, f"renames {where_of(operation, source)}.{old} to {new}: the code that runs asks for {old}", breaks=True
    )


def alter(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    model, name = model_of(operation), str(operation.get("name"))
    if schema.untouched(source.app, model):
        return
    fresh = (source.app, model.lower(), name.lower()) in schema.fresh_fields
    before, after = schema.field(source.app, model, name), operation.get("field")
    judge = altering.fresh if fresh else altering.effects
    yield from judge(before, after if isinstance(after, Call) else None, f"{where_of(operation, source)}.{name}")
