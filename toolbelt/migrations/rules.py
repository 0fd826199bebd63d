"""What each operation does to the code that runs, while it is applied and after a rollback of the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from toolbelt.migrations import columns, statements
from toolbelt.migrations.columns import model_of, where_of
from toolbelt.migrations.effects import IRREVERSIBLE, SAFE, TWO_STEP, Effect
from toolbelt.migrations.reading import Call, Other, Source
from toolbelt.migrations.schema import Schema


def of(operation: Call, source: Source, schema: Schema) -> list[Effect]:
    """What an operation does; nothing where there is nothing to say of it."""
    name = operation.name
    if name in QUIET:
        return []
    if name in RULES:
        return list(RULES[name](operation, source, schema))
    return [Effect(IRREVERSIBLE, f"{name} is no operation of Django's: what it does is not known here", breaks=True)]


# They change what Django knows, or give the database something that no code asks for yet.
QUIET = frozenset(
    ("CreateModel", "AlterModelOptions", "AlterModelManagers", "AlterModelTableComment", "RenameIndex", "RemoveIndex",
     "RemoveConstraint", "AddConstraintNotValid", "ValidateConstraint", "CreateExtension", "BloomExtension",
     "BtreeGinExtension", "BtreeGistExtension", "CITextExtension", "CryptoExtension", "HStoreExtension",
     "TrigramExtension", "UnaccentExtension", "CreateCollation")
)  # fmt: skip


def _delete_model(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    if not schema.untouched(source.app, model_of(operation)):
        yield Effect(IRREVERSIBLE, f"drops the table of {where_of(operation, source)} and what is in it", breaks=True)


def _rename_model(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    if not schema.untouched(source.app, model_of(operation)):
        old, new = (operation.get(name) for name in ("old_name", "new_name"))
        yield Effect(
            IRREVERSIBLE,
            f"renames the table of {source.app}.{old} to {new}'s: the code that runs asks for the old one",
            breaks=True,
        )


def _alter_table(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    if not schema.untouched(source.app, model_of(operation)):
        yield Effect(
            IRREVERSIBLE,
            f"renames the table of {where_of(operation, source)}: the code that runs asks for the old name",
            breaks=True,
        )


def _add_index(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    if not schema.untouched(source.app, model_of(operation)):
        yield Effect(TWO_STEP, f"builds an index on {where_of(operation, source)}: {columns.LOCK}")


def _concurrently(operation: Call, source: Source, _schema: Schema) -> Iterator[Effect]:
    if source.atomic:
        yield Effect(TWO_STEP, f"{operation.name} fails inside a transaction: the migration must say atomic = False")


def _add_constraint(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    if schema.untouched(source.app, model_of(operation)):
        return
    found = operation.get("constraint")
    kind = found.name if isinstance(found, Call) else "a constraint"
    how = (
        "AddConstraintNotValid, then ValidateConstraint"
        if kind == "CheckConstraint"
        else "build its index with CONCURRENTLY first"
    )
    where = where_of(operation, source)
    yield Effect(
        TWO_STEP,
        f"adds {kind} to {where}: every row is looked at under a lock, it fails if one does not comply, and so do writes of "
        f"the code that runs that break it; {how}",
    )


def _together(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    found = operation.get(POSITION_OF[operation.name])
    empty = found in ([], None) or (isinstance(found, Call) and found.name == "set" and not found.args)
    if not empty and not schema.untouched(source.app, model_of(operation)):
        yield Effect(
            TWO_STEP, f"builds an index for {POSITION_OF[operation.name]} of {where_of(operation, source)}: {columns.LOCK}"
        )


POSITION_OF = {"AlterUniqueTogether": "unique_together", "AlterIndexTogether": "index_together"}


def _order(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    if schema.untouched(source.app, model_of(operation)):
        return
    where = where_of(operation, source)
    if operation.get("order_with_respect_to") is None:
        yield Effect(IRREVERSIBLE, f"drops the column {where}._order", breaks=True)
    else:
        yield Effect(TWO_STEP, f"adds {where}._order NOT NULL: INSERTs of the code that runs fail", breaks=True)


def _python(operation: Call, _source: Source, _schema: Schema) -> Iterator[Effect]:
    code, back = operation.get("code"), operation.get("reverse_code")
    if isinstance(code, Other) and code.text.endswith("noop"):
        return
    name = code.text if isinstance(code, Other) else "a function"
    if back is None:
        yield Effect(IRREVERSIBLE, f"runs {name}, which has no reverse: what it changes stays", breaks=True)
    else:
        yield Effect(SAFE, f"runs {name}; its reverse is not run by a rollback of the code")


def _sql(operation: Call, source: Source, _schema: Schema) -> Iterator[Effect]:
    yield from statements.effects(operation.get("sql"), reverse=operation.get("reverse_sql"), atomic=source.atomic)


def _separate(operation: Call, source: Source, schema: Schema) -> Iterator[Effect]:
    found = operation.get("database_operations")
    if found is None:
        return
    if not isinstance(found, list) or not all(isinstance(each, Call) for each in found):
        yield Effect(IRREVERSIBLE, "does to the database what is only known when it runs: read it", breaks=True)
        return
    for each in found:
        yield from of(each, source, schema)


def _remove_collation(_operation: Call, _source: Source, _schema: Schema) -> Iterator[Effect]:
    yield Effect(TWO_STEP, "removes a collation: the code that runs may use it", breaks=True)


Rule = Callable[[Call, Source, Schema], Iterator[Effect]]
RULES: Mapping[str, Rule] = {
    "DeleteModel": _delete_model,
    "RenameModel": _rename_model,
    "AlterModelTable": _alter_table,
    "AddField": columns.add,
    "RemoveField": columns.remove,
    "RenameField": columns.rename,
    "AlterField": columns.alter,
    "AddIndex": _add_index,
    "AddIndexConcurrently": _concurrently,
    "RemoveIndexConcurrently": _concurrently,
    "AddConstraint": _add_constraint,
    "AlterUniqueTogether": _together,
    "AlterIndexTogether": _together,
    "AlterOrderWithRespectTo": _order,
    "RunPython": _python,
    "RunSQL": _sql,
    "SeparateDatabaseAndState": _separate,
    "RemoveCollation": _remove_collation,
}
