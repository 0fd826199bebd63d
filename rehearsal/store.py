"""Where records are kept: in memory, and in one SQLite file that is written at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from rehearsal import records
from rehearsal.records import Image, Record, Release

R = TypeVar("R", bound=Record)

KINDS: dict[str, type[Record]] = {
    kind.__name__: kind for kind in vars(records).values() if isinstance(kind, type) and issubclass(kind, Record)
}


class Store:
    """Records by kind and id, in the order in which they were made."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id))")
        self._records: dict[str, dict[str, Record]] = {name: {} for name in KINDS}
        for kind, identity, value in self._file.execute("SELECT kind, id, value FROM record ORDER BY rowid"):
            if kind in KINDS:
                self._records[kind][identity] = _revive(KINDS[kind], json.loads(value))

    def close(self) -> None:
        self._file.close()

    def put(self, record: R) -> R:
        """Keep a record, in place of the one with the same id if there is one; returns it."""
        kind = type(record).__name__
        self._records[kind][record.id] = record
        self._file.execute(
            "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value",
            (kind, record.id, json.dumps(asdict(record))),
        )
        return record

    def change(self, record: R, **changes: Any) -> R:
        """Keep the newest version of the record with some fields changed and updated_at set; returns it."""
        current = self.get(type(record), record.id) or record
        return self.put(replace(current, updated_at=records.now(), **changes))

    def get(self, kind: type[R], identity: str) -> R | None:
        return self._records[kind.__name__].get(identity)  # type: ignore[return-value]

    def all(self, kind: type[R], test: Callable[[R], bool] | None = None, /, **fields: Any) -> list[R]:
        """Records whose fields have these values and that pass the test, oldest first."""
        found: list[R] = list(self._records[kind.__name__].values())  # type: ignore[arg-type]
        found = [each for each in found if all(getattr(each, name) == value for name, value in fields.items())]
        return [each for each in found if test is None or test(each)]

    def one(self, kind: type[R], /, **fields: Any) -> R | None:
        """The newest record whose fields have these values."""
        found = self.all(kind, **fields)
        return found[-1] if found else None

    def delete(self, record: Record) -> None:
        kind = type(record).__name__
        self._records[kind].pop(record.id, None)
        self._file.execute("DELETE FROM record WHERE kind = ? AND id = ?", (kind, record.id))

    def note(self, name: str, value: Any = None) -> Any:
        """A fact of the rehearsal itself (its token, its port): read it, or write it if a value is given."""
        if value is not None:
            self._file.execute(
                "INSERT INTO record VALUES ('note', ?, ?) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value",
                (name, json.dumps(value)),
            )
            return value
        row = self._file.execute("SELECT value FROM record WHERE kind = 'note' AND id = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None


def _revive(kind: type[Record], value: dict[str, Any]) -> Record:
    for name, field in value.items():
        if isinstance(field, list):
            value[name] = tuple(field)
    if kind is Release:
        value["images"] = {type_: Image(**image) for type_, image in value["images"].items()}
    return kind(**value)
