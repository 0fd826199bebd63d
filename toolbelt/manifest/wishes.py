"""The single wishes of app.json, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from toolbelt.errors import ToolbeltError

POSTDEPLOY, PREDESTROY = SCRIPTS = ("postdeploy", "pr-predestroy")
# What Heroku attaches the first add-on of a service as; later ones are HEROKU_POSTGRESQL_ROSE and the like.
FIRST = MappingProxyType({"heroku-postgresql": "DATABASE", "heroku-redis": "REDIS"})


@dataclass(frozen=True)
class Wish:
    """How many dynos of a process type, and of what size ("" leaves it to Heroku).

    firm: a stage names it, so that it holds whatever somebody has scaled to; otherwise it is how an app begins.
    """

    quantity: int
    size: str
    firm: bool = False


@dataclass(frozen=True)
class Plan:
    """An add-on: its plan, such as heroku-redis:mini, the name of its attachment ("" leaves it to Heroku), and options
    of its provider's, such as a version."""

    plan: str
    attachment: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        return self.plan.partition(":")[0]

    @property
    def name(self) -> str:
        """As the app has it: of the first of a service Heroku's own choice, where that is known."""
        return self.attachment or FIRST.get(self.service, "")

    @property
    def key(self) -> tuple[str, str]:
        """Service and name, which no two add-ons have in common."""
        return self.service, self.name


@dataclass(frozen=True)
class Variable:
    """A config var that an app is given: a value, or one that is made up by ``generator: secret``.

    firm: a stage names its value, so that it holds; otherwise it is what the var begins with.
    """

    value: str = ""
    generated: bool = False
    required: bool = True
    firm: bool = False


@dataclass(frozen=True)
class Script:
    """A command that is run once in the life of an app, in a one-off dyno of this size ("" leaves it to Heroku)."""

    command: str
    size: str = ""


class Reading:
    """Reads pieces of a manifest, and collects the complaints about all of them."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def refuse(self, headline: str) -> None:
        """Raises ToolbeltError if there is anything to complain about."""
        if self.complaints:
            raise ToolbeltError(headline, finding="\n".join(self.complaints))

    def table(self, name: str, found: Any) -> dict[str, Any]:
        if isinstance(found, Mapping):
            return dict(found)
        self.complaints.append(f"{name}: {found!r} is not a table of names")
        return {}

    def formation(self, found: Any, *, firm: bool) -> dict[str, Wish]:
        read: dict[str, Wish] = {}
        for name, wish in self.table("formation", found).items():
            given = wish if isinstance(wish, Mapping) else {"quantity": wish}
            quantity = given.get("quantity", 1)
            if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 0:
                self.complaints.append(f"formation.{name}.quantity: {quantity!r} is not a number of dynos")
            else:
                read[name] = Wish(quantity, str(given.get("size", "")), firm)
        return read

    def addons(self, found: Iterable[Any]) -> tuple[Plan, ...]:
        read = []
        for each in found:
            given = {"plan": each} if isinstance(each, str) else each
            if not given.get("plan"):
                self.complaints.append(f"addons: {each!r} names no plan")
            options = {key: str(value) for key, value in self.table("options", given.get("options", {})).items()}
            read.append(Plan(str(given.get("plan", "")), str(given.get("as", "")).upper(), MappingProxyType(options)))
        self.twice(read)
        return tuple(read)

    def twice(self, plans: Sequence[Plan]) -> None:
        """Complains about names that two add-ons would have."""
        names = [each.name or each.service for each in plans]
        for name in sorted({name for name in names if names.count(name) > 1}):
            told = f'addons: two would be {name}: give one of them a name of its own, {{"plan": …, "as": "ANALYTICS"}}'
            if told not in self.complaints:
                self.complaints.append(told)

    def env(self, found: Any, *, firm: bool) -> dict[str, Variable]:
        return {name: self._variable(name, each, firm=firm) for name, each in self.table("env", found).items()}

    def _variable(self, name: str, each: Any, *, firm: bool) -> Variable:
        if isinstance(each, str):
            return Variable(each, firm=firm)
        if not isinstance(each, Mapping):
            self.complaints.append(f"env.{name}: {each!r} is not a text")
            return Variable()
        value = str(each.get("value", ""))
        return Variable(value, each.get("generator") == "secret", bool(each.get("required", True)), firm and bool(value))

    def scripts(self, found: Any) -> dict[str, Script]:
        """Those that there is a moment for; an environment for tests has others, which Heroku's CI runs."""
        read: dict[str, Script] = {}
        for name, each in self.table("scripts", found).items():
            if name not in SCRIPTS:
                continue
            given = each if isinstance(each, Mapping) else {"command": each}
            command = given.get("command")
            if not isinstance(command, str):
                self.complaints.append(f"scripts.{name}: {each!r} is not a command")
            elif command.strip():
                read[name] = Script(command.strip(), str(given.get("size", "")))
        return read

    def buildpacks(self, found: Any) -> tuple[str, ...]:
        """In their order. What is wrong with one is told without showing it: there may be a password in it."""
        given = found if isinstance(found, Sequence) and not isinstance(found, str) else [None]
        read = [each.get("url") if isinstance(each, Mapping) else each for each in given]
        if not all(each and isinstance(each, str) for each in read):
            self.complaints.append('buildpacks: they are a list, and each is a name, an address, or {"url": one of both}')
        return tuple(map(str, read))
