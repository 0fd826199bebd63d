"""Which tables and columns there are, and which of them this very deploy makes."""

from __future__ import annotations

from dataclasses import dataclass, field

from toolbelt.migrations.reading import Call

Key = tuple[str, str]  # app, model


@dataclass
class Schema:
    """The models as the migrations so far have made them.

    fresh: tables, and fresh_fields: columns, that are not there yet for the code that runs; unmanaged: models whose
    tables Django leaves alone, and proxies, which have none.
    """

    fields: dict[Key, dict[str, Call]] = field(default_factory=dict)
    fresh: set[Key] = field(default_factory=set)
    fresh_fields: set[tuple[str, str, str]] = field(default_factory=set)
    unmanaged: set[Key] = field(default_factory=set)

    def field(self, app: str, model: str, name: str) -> Call | None:
        return self.fields.get((app, model.lower()), {}).get(name.lower())

    def untouched(self, app: str, model: str) -> bool:
        """Nothing that runs uses the table: this deploy makes it, or Django has nothing to do with it."""
        return (app, model.lower()) in self.fresh | self.unmanaged

    def apply(self, app: str, operation: Call, *, pending: bool) -> None:
        """Go on to what is so after an operation; pending: this deploy applies it."""
        model = str(operation.get("model_name") or operation.get("name") or operation.get("old_name") or "").lower()
        key = (app, model)
        match operation.name:
            case "CreateModel":
                self._create(key, operation, pending)
            case "DeleteModel":
                self.fields.pop(key, None)
                self.fresh.discard(key)
            case "RenameModel":
                self._rename(key, (app, str(operation.get("new_name") or "").lower()))
            case "AddField" | "AlterField":
                name, found = str(operation.get("name")).lower(), operation.get("field")
                if isinstance(found, Call):
                    self.fields.setdefault(key, {})[name] = found
                if operation.name == "AddField" and pending:
                    self.fresh_fields.add((*key, name))
            case "RemoveField":
                self.fields.get(key, {}).pop(str(operation.get("name")).lower(), None)
            case "RenameField":
                old, new = (str(operation.get(name)).lower() for name in ("old_name", "new_name"))
                there = self.fields.get(key, {})
                if old in there:
                    there[new] = there.pop(old)
                if (*key, old) in self.fresh_fields:
                    self.fresh_fields.add((*key, new))
            case "SeparateDatabaseAndState" | "RunSQL":
                found = operation.get("state_operations")
                for each in found if isinstance(found, list) else ():
                    if isinstance(each, Call):
                        self.apply(app, each, pending=False)

    def _create(self, key: Key, operation: Call, pending: bool) -> None:
        options = operation.get("options") or {}
        if isinstance(options, dict) and (options.get("managed") is False or options.get("proxy")):
            self.unmanaged.add(key)
        elif pending:
            self.fresh.add(key)
        listed = operation.get("fields")
        self.fields[key] = {
            str(each[0]).lower(): each[1]
            for each in (listed if isinstance(listed, list) else ())
            if isinstance(each, list) and len(each) == 2 and isinstance(each[1], Call)
        }

    def _rename(self, old: Key, new: Key) -> None:
        if old in self.fields:
            self.fields[new] = self.fields.pop(old)
        for known in (self.fresh, self.unmanaged):
            if old in known:
                known.discard(old)
                known.add(new)
