"""Which verbs the tests try with a good end, read from the tests themselves.

Two ways count: a verb that is typed (``inv("ps.scale", …)``, ``inv.run(…)``, ``data.inv(…)``), and the command behind it that
is called (``site.verb(scaling.scale, …)``, ``scaling.scale(tools, …)``). Neither counts where a bad end is awaited: within
``with pytest.raises``, or with ``check=False``.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

import tasks
from tests.checkout import ROOT

Tried = set[tuple[str, bool]]  # verbs, and whether with --stage
TYPING = {"inv", "run"}  # what the tests call to type a verb
CALLING = {"verb"}
FOLDERS = ("verification", "toolbelt", "integration")
BODIES = {made.name.replace("_", "-"): inspect.unwrap(made.body) for group in tasks.GROUPS.values() for made in group}


def commands() -> dict[str, set[str]]:
    """The verbs that call a command: toolbelt.commands.apps.scaling.scale is called by ps.scale."""
    found: dict[str, set[str]] = {}
    for verb, body in BODIES.items():
        for called in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(body)))):
            if isinstance(called, ast.Call) and (command := _meant(called.func, body.__globals__)):
                found.setdefault(command, set()).add(verb)
    return found


def _meant(node: ast.expr, names: dict[str, object]) -> str:
    """What ``scaling.scale`` or ``deploy`` is where these names are known, as a dotted name; "" if it is none of the tools'."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = getattr(names.get(node.value.id), node.attr, None)
    else:
        found = names.get(node.id) if isinstance(node, ast.Name) else None
    module = getattr(found, "__module__", "") or ""
    return f"{module}.{getattr(found, '__name__', '')}" if module.startswith("toolbelt.commands.") else ""


def tried() -> Tried:
    """All that is tried in the folders of tests that use the tools."""
    behind = commands()
    files = [path for folder in FOLDERS for path in sorted((ROOT / "tests" / folder).rglob("*.py"))]
    return {each for path in files for each in in_file(path, behind)}


def in_file(path: Path, behind: dict[str, set[str]]) -> Tried:
    return in_text(path.read_text(), behind)


def in_text(text: str, behind: dict[str, set[str]]) -> Tried:
    """behind: as ``commands`` has it."""
    tree = ast.parse(text)
    names = _imported(tree)
    found: Tried = set()
    for call in _calls(tree):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
        if name in TYPING and (typed := _typed(call)) is not None:
            found.add(typed)
        elif name in CALLING and call.args:
            found |= {(verb, True) for verb in behind.get(_named(call.args[0], names), ())}
        else:
            staged = any(given.arg in ("stage", None) for given in call.keywords)
            found |= {(verb, staged) for verb in behind.get(_named(call.func, names), ())}
    return found


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """Those that are to end well."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.With) and any("raises" in ast.unparse(item.context_expr) for item in each.items):
            continue
        if isinstance(each, ast.Call) and not any(
            given.arg == "check" and ast.unparse(given.value) == "False" for given in each.keywords
        ):
            yield each
        yield from _calls(each)


def _typed(call: ast.Call) -> tuple[str, bool] | None:
    words = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    first = call.args[0] if call.args else None
    if not (isinstance(first, ast.Constant) and first.value in BODIES):
        return None
    staged = "--stage" in words or any(isinstance(each, ast.Starred) for each in call.args)
    return str(first.value), staged


def _imported(tree: ast.AST) -> dict[str, str]:
    """Names of a test's imports, as dotted names."""
    return {
        alias.asname or alias.name: f"{each.module}.{alias.name}"
        for each in ast.walk(tree)
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }


def _named(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{names.get(node.value.id, '')}.{node.attr}"
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""
