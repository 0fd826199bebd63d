"""app.json, parsed: what the Heroku app must have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolbelt.errors import ToolbeltError


@dataclass(frozen=True)
class Wish:
    """How many dynos of a process type, and of what size ("" leaves it to Heroku)."""

    quantity: int
    size: str


@dataclass(frozen=True)
class Plan:
    """An add-on: its plan, such as heroku-redis:mini, and the name of its attachment ("" leaves it to Heroku)."""

    plan: str
    attachment: str = ""


@dataclass(frozen=True)
class Variable:
    """A config var that a new app is given: a value, or one that is made up by ``generator: secret``."""

    value: str = ""
    generated: bool = False
    required: bool = True


@dataclass(frozen=True)
class Manifest:
    """What app.json asks for (https://devcenter.heroku.com/articles/app-json-schema)."""

    stack: str
    formation: Mapping[str, Wish]
    addons: tuple[Plan, ...]
    env: Mapping[str, Variable]


def parse(text: str) -> Manifest:
    """Raises ToolbeltError with every complaint at once."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ToolbeltError("app.json cannot be read", finding=str(error)) from error
    complaints: list[str] = []
    formation: dict[str, Wish] = {}
    for name, wish in found.get("formation", {}).items():
        quantity = wish.get("quantity", 1)
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 0:
            complaints.append(f"formation.{name}.quantity: {quantity!r} is not a number of dynos")
        else:
            formation[name] = Wish(quantity, str(wish.get("size", "")))
    addons: list[Plan] = []
    for each in found.get("addons", []):
        plan = each if isinstance(each, str) else each.get("plan", "")
        if not plan:
            complaints.append(f"addons: {each!r} names no plan")
        addons.append(Plan(plan, "" if isinstance(each, str) else each.get("as", "")))
    env = {name: _variable(each) for name, each in found.get("env", {}).items()}
    if complaints:
        raise ToolbeltError("app.json cannot be read", finding="\n".join(complaints))
    return Manifest(str(found.get("stack", "")), MappingProxyType(formation), tuple(addons), MappingProxyType(env))


def _variable(each: Any) -> Variable:
    if isinstance(each, str):
        return Variable(each)
    return Variable(str(each.get("value", "")), each.get("generator") == "secret", bool(each.get("required", True)))


def load(path: Path) -> Manifest:
    """``parse`` of a file; one that is not there asks for nothing."""
    return parse(path.read_text(encoding="utf-8")) if path.is_file() else parse("{}")
