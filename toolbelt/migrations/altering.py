"""What it means to change a field: some changes Postgres only notes, others write the whole table anew."""

from __future__ import annotations

from collections.abc import Iterator

from toolbelt.migrations import fields
from toolbelt.migrations.effects import IRREVERSIBLE, TWO_STEP, Effect
from toolbelt.migrations.reading import Call

ANEW = "the table is written anew, or every row read, under a lock that nothing passes"


def effects(before: Call | None, after: Call | None, column: str) -> Iterator[Effect]:
    if before is None or after is None or "**" in before.given or "**" in after.given:
        yield Effect(TWO_STEP, f"changes {column}: what it was or will be cannot be read here", breaks=True)
        return
    if fields.MANY in (before.name, after.name):
        if before.name != after.name or fields.target(before) != fields.target(after):
            yield Effect(IRREVERSIBLE, f"changes {column} to or from a table of its own", breaks=True)
        return
    if _name(before) != _name(after):
        yield Effect(IRREVERSIBLE, f"renames the column of {column}: the code that runs asks for the old one", breaks=True)
    yield from _type(before, after, column)
    yield from _null(before, after, column)
    yield from _indexes(before, after, column)
    if "db_default" in before.given and "db_default" not in after.given and not after.get("null"):
        yield Effect(
            TWO_STEP, f"takes the default of {column} from Postgres: INSERTs of the code that runs rely on it", breaks=True
        )
    old, new = fields.for_postgres(before), fields.for_postgres(after)
    if before.name == after.name and (names := [name for name in {**old, **new} if old.get(name) != new.get(name)]):
        yield Effect(TWO_STEP, f"changes {', '.join(names)} of {column}: what Postgres does then is not known here")


def fresh(before: Call | None, after: Call | None, column: str) -> Iterator[Effect]:
    """The same for a column that this very deploy adds: the code that runs does not know it, reads nothing of it, and
    leaves it out of its INSERTs."""
    for effect in effects(before, after, column):
        if effect.verdict == IRREVERSIBLE:
            continue
        required = after is None or (not after.get("null") and "db_default" not in after.given)
        yield Effect(effect.verdict, effect.reason, breaks=effect.breaks and required)


def _name(field: Call) -> object:
    """What a changed db_column leaves of the column's name; a foreign key's column ends with _id in addition."""
    return field.get("db_column"), field.name in fields.FOREIGN and not field.get("db_column")


def _type(before: Call, after: Call, column: str) -> Iterator[Effect]:
    old, new = fields.column(before), fields.column(after)
    if old == new or fields.widened(old, new):
        return
    if {before.name, after.name} <= set(fields.FOREIGN) and fields.target(before) == fields.target(after):
        return
    if not fields.known(old) or not fields.known(new):
        yield Effect(TWO_STEP, f"changes {column} from {old} to {new}: what that is in Postgres is not known here", breaks=True)
    elif old.startswith("varchar") and new.startswith("varchar"):
        reason = f"shortens {column} from {old} to {new}: it fails on what is longer, and so do writes of the code that runs"
        yield Effect(TWO_STEP, reason, breaks=True)
    else:
        yield Effect(TWO_STEP, f"makes {new} of {column}, which is {old}: {ANEW}", breaks=not _alike(old, new))


def _alike(old: str, new: str) -> bool:
    """The code that runs can go on with the new type: whole numbers that became wider."""
    whole = ("smallint", "integer", "bigint")
    return old in whole and new in whole and whole.index(new) >= whole.index(old)


def _null(before: Call, after: Call, column: str) -> Iterator[Effect]:
    if before.get("null") is True and after.get("null") is not True:
        reason = f"makes {column} NOT NULL: {ANEW}, and the code that runs may still write NULL"
        yield Effect(TWO_STEP, reason, breaks=True)


def _indexes(before: Call, after: Call, column: str) -> Iterator[Effect]:
    if fields.unique(after) and not fields.unique(before):
        yield Effect(
            TWO_STEP, f"makes {column} unique: writes wait while its index is built, and it fails on what stands there twice"
        )
    elif fields.indexed(after) and not fields.indexed(before) and not fields.unique(before):
        yield Effect(
            TWO_STEP, f"builds an index on {column}: writes wait until it is built; AddIndexConcurrently does not hold them up"
        )
    if fields.checked(after) and not fields.checked(before):
        yield Effect(TWO_STEP, f"holds {column} to be positive: every row is looked at under a lock")
