"""What SQL in a migration does, as far as its first words tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from toolbelt.migrations.effects import IRREVERSIBLE, SAFE, TWO_STEP, Effect
from toolbelt.migrations.reading import Other

COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
HARMLESS = re.compile(
    r"(CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX|REINDEX INDEX CONCURRENTLY|CREATE EXTENSION|COMMENT ON|ANALYZE|"
    r"VACUUM (?!FULL)|SET |RESET |SELECT SET_CONFIG|SELECT 1$|CREATE (UNLOGGED )?TABLE|CREATE SEQUENCE|CREATE SCHEMA|CREATE TYPE|"
    r"CREATE (OR REPLACE )?FUNCTION|CREATE VIEW|CREATE MATERIALIZED VIEW|"
    r"ALTER TABLE (ONLY )?\S+ VALIDATE CONSTRAINT|ALTER TABLE (ONLY )?\S+ ADD CONSTRAINT .* NOT VALID$)",
)
LOSES = re.compile(
    r"(DROP (TABLE|SCHEMA|VIEW|MATERIALIZED|TYPE|SEQUENCE|FUNCTION)|TRUNCATE|DELETE|"
    r"ALTER \S+ .*\b(DROP (?!CONSTRAINT|DEFAULT|NOT NULL)|RENAME)\b)"
)
DATA = re.compile(r"(UPDATE|INSERT|WITH)\b")


def effects(sql: Any, *, reverse: Any, atomic: bool) -> Iterator[Effect]:
    """sql and reverse as RunSQL is given them; None for a reverse that there is none of."""
    if isinstance(sql, Other) and sql.text.endswith("noop"):
        return
    texts = _texts(sql)
    if texts is None:
        yield Effect(IRREVERSIBLE, "runs SQL that is only known when it runs: read it", breaks=True)
        return
    for text in texts:
        for statement in _split(text):
            yield from _one(statement, reversible=reverse is not None, atomic=atomic)


def _texts(sql: Any) -> list[str] | None:
    """RunSQL takes a text, or a list of texts and (text, parameters) pairs."""
    if isinstance(sql, str):
        return [sql]
    if not isinstance(sql, list):
        return None
    found = [each[0] if isinstance(each, list) and each else each for each in sql]
    return found if all(isinstance(each, str) for each in found) else None


def _split(text: str) -> list[str]:
    """Statements with blanks made one; a body in $$…$$ stays whole."""
    plain = COMMENT.sub(" ", text)
    parts = [plain] if "$" in plain else plain.split(";")
    return [" ".join(part.split()).strip(" ;") for part in parts if part.strip(" ;\n\t")]


def _one(statement: str, *, reversible: bool, atomic: bool) -> Iterator[Effect]:
    told = statement if len(statement) <= 60 else statement[:57] + "…"
    upper = statement.upper()
    if "CONCURRENTLY" in upper and atomic:
        yield Effect(TWO_STEP, f"runs `{told}`, which fails inside a transaction: the migration must say atomic = False")
    elif LOSES.match(upper):
        yield Effect(IRREVERSIBLE, f"runs `{told}`", breaks=True)
    elif HARMLESS.match(upper):
        return
    elif DATA.match(upper) and reversible:
        yield Effect(SAFE, f"runs `{told}`; its reverse is not run by a rollback of the code")
    elif not reversible:
        yield Effect(IRREVERSIBLE, f"runs `{told}`, which has no reverse", breaks=True)
    elif re.match(r"CREATE (UNIQUE )?INDEX", upper):
        yield Effect(TWO_STEP, f"runs `{told}`: writes to the table wait until it is built; CONCURRENTLY does not hold them up")
    else:
        yield Effect(TWO_STEP, f"runs `{told}`: does the code that runs live with it?", breaks=True)
