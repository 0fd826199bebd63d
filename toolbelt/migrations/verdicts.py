"""The verdict of a migration: the worst of what its operations do.

Three verdicts. *safe*: the code that runs now lives with it. *two-step*: that code breaks, or requests wait behind a
long lock, unless it is done in two deploys. *irreversible*: going back to that code brings back neither the schema nor
the data that it needs. What cannot be read is never called safe.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.migrations import rules
from toolbelt.migrations.effects import IRREVERSIBLE, SAFE, TWO_STEP, Effect, Verdict
from toolbelt.migrations.reading import Source
from toolbelt.migrations.schema import Schema


@dataclass(frozen=True)
class Migration:
    """A migration that a deploy applies.

    reasons: one for each operation that deserves one, safe ones included where they deserve a remark; old_code_works:
    the code that runs now can go on with the schema that this makes, so that a rollback of the code is no danger.
    """

    app: str
    name: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    old_code_works: bool = True

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"


def judge(source: Source, schema: Schema) -> Migration:
    """The verdict of a migration that is to be applied; schema goes on to what is so after it."""
    if source.operations is None:
        text = "its operations are computed, or cannot be parsed: read it"
        return Migration(source.app, source.name, IRREVERSIBLE, (text,), False)
    effects: list[Effect] = []
    for operation in source.operations:
        effects += rules.of(operation, source, schema)
        schema.apply(source.app, operation, pending=True)
    order: tuple[Verdict, ...] = (IRREVERSIBLE, TWO_STEP, SAFE)
    verdict: Verdict = next((each for each in order if any(effect.verdict == each for effect in effects)), SAFE)
    reasons = tuple(dict.fromkeys(effect.reason for effect in sorted(effects, key=lambda each: order.index(each.verdict))))
    return Migration(source.app, source.name, verdict, reasons, not any(effect.breaks for effect in effects))
