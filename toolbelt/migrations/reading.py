"""A migration's source as operations: parsed, never run, so that any commit's can be read."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Where Django's operations take arguments by position (django/db/migrations/operations, 5.2).
POSITIONS: Mapping[str, tuple[str, ...]] = {
    "CreateModel": ("name", "fields", "options", "bases", "managers"),
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AlterModelOptions": ("name", "options"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "AddField": ("model_name", "name", "field", "preserve_default"),
    "AlterField": ("model_name", "name", "field", "preserve_default"),
    "RemoveField": ("model_name", "name"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "AddIndex": ("model_name", "index"),
    "AddIndexConcurrently": ("model_name", "index"),
    "AddConstraint": ("model_name", "constraint"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "RunSQL": ("sql", "reverse_sql", "state_operations", "hints", "elidable"),
    "RunPython": ("code", "reverse_code", "atomic", "hints", "elidable"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
}


@dataclass(frozen=True)
class Call:
    """A call as it is written: the last part of the name, and what it is given."""

    name: str
    args: tuple[Any, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """An argument by name, wherever it stands."""
        positions = POSITIONS.get(self.name, ())
        if name in positions and positions.index(name) < len(self.args):
            return self.args[positions.index(name)]
        return self.given.get(name, default)


@dataclass(frozen=True)
class Other:
    """Something that is only known when it runs: a name, a computation."""

    text: str


@dataclass(frozen=True)
class Source:
    """A migration as it is written. operations is None where they are not a plain list."""

    app: str
    name: str
    operations: tuple[Call, ...] | None
    dependencies: tuple[tuple[str, str], ...] = ()
    replaces: tuple[tuple[str, str], ...] = ()
    atomic: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return self.app, self.name


def read(app: str, name: str, text: str) -> Source | None:
    """The migration in a file; None where the file has none. What cannot be parsed has no known operations."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return Source(app, name, None)
    found = next((each for each in module.body if isinstance(each, ast.ClassDef) and each.name == "Migration"), None)
    if found is None:
        return None
    values = {}
    for statement in found.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            values[statement.targets[0].id] = value(statement.value)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            values[statement.target.id] = value(statement.value)
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            values[statement.target.id] = Other("computed")
    operations = values.get("operations", [])
    plain = isinstance(operations, list) and all(isinstance(each, Call) for each in operations)
    return Source(
        app,
        name,
        tuple(operations) if plain else None,
        _pairs(values.get("dependencies")),
        _pairs(values.get("replaces")),
        values.get("atomic") is not False,
    )


def _pairs(found: Any) -> tuple[tuple[str, str], ...]:
    """(app, name) pairs; others, such as swappable dependencies, are left out."""
    if not isinstance(found, list):
        return ()
    return tuple((each[0], each[1]) for each in found if isinstance(each, list) and len(each) == 2 and _texts(each))


def _texts(values: list[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def value(node: ast.expr) -> Any:
    """What an expression is, as far as it is written out; lists, tuples and sets are all lists."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [value(each) for each in node.elts]
    if isinstance(node, ast.Dict):
        return {
            value(key): value(each) for key, each in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
        }
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value  # type: ignore[operator]
    if isinstance(node, ast.Call):
        given = {each.arg: value(each.value) for each in node.keywords if each.arg}
        if node.keywords and len(given) < len(node.keywords):
            given["**"] = Other("computed")
        return Call(_last(node.func), tuple(value(each) for each in node.args), given)
    return Other(ast.unparse(node))


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def label(text: str) -> str:
    """The label that an apps.py gives its app; "" where it leaves it to the folder's name."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    for each in ast.walk(module):
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and each.targets[0].id == "label":
            return str(each.value.value) if isinstance(each.value, ast.Constant) else ""
    return ""
