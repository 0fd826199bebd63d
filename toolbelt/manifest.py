"""app.json, parsed: what the Heroku app must have; and where a stage's app is to be other than that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolbelt.errors import ToolbeltError


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


@dataclass(frozen=True)
class Manifest:
    """What app.json asks for (https://devcenter.heroku.com/articles/app-json-schema), and with a stage's differences:
    region, team, features (on or off), and the pipeline with the place in it ("" for none).

    scripts: by name, those of SCRIPTS.
    """

    stack: str
    formation: Mapping[str, Wish]
    addons: tuple[Plan, ...]
    env: Mapping[str, Variable]
    buildpacks: tuple[str, ...] = ()
    environments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scripts: Mapping[str, Script] = field(default_factory=dict)
    features: Mapping[str, bool] = field(default_factory=dict)
    region: str = ""
    team: str = ""
    pipeline: str = ""
    coupling: str = ""


POSTDEPLOY, PREDESTROY = SCRIPTS = ("postdeploy", "pr-predestroy")
COUPLINGS = ("test", "review", "development", "staging", "production")


def parse(text: str) -> Manifest:
    """Raises ToolbeltError with every complaint at once."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ToolbeltError("app.json cannot be read", finding=str(error)) from error
    if not isinstance(found, dict):
        raise ToolbeltError("app.json cannot be read", finding="It is no object {…}.")
    read = Reading()
    made = Manifest(
        stack=str(found.get("stack", "")),
        formation=MappingProxyType(read.formation(found.get("formation", {}), firm=False)),
        addons=read.addons(found.get("addons", [])),
        env=MappingProxyType(read.env(found.get("env", {}), firm=False)),
        buildpacks=tuple(read.url(each) for each in found.get("buildpacks", [])),
        environments=MappingProxyType(dict(found.get("environments", {}))),
        scripts=MappingProxyType(read.scripts(found.get("scripts", {}))),
    )
    read.refuse("app.json cannot be read")
    return made


def load(path: Path) -> Manifest:
    """``parse`` of a file; one that is not there asks for nothing."""
    return parse(path.read_text(encoding="utf-8")) if path.is_file() else parse("{}")


def differing(base: Manifest, stage: str, found: Mapping[str, Any]) -> Manifest:
    """The manifest with a stage's differences: what ``[tool.djheroku.stages.NAME]`` says of env, formation, addons,
    features, region, team, pipeline and coupling, on top of the environment of app.json's that it names.

    Raises ToolbeltError with every complaint at once.
    """
    read = Reading()
    made = base
    if environment := str(found.get("environment", "")):
        if environment not in base.environments:
            there = ", ".join(base.environments) or "none"
            read.complaints.append(f"environment: app.json has no {environment!r} in its environments, but {there}")
        made = _with(made, base.environments.get(environment, {}), read, firm=False)
    made = _with(made, found, read, firm=True)
    features = read.table("features", found.get("features", {}))
    read.complaints += [
        f"features.{name}: {value!r} is neither true nor false" for name, value in features.items() if value not in (True, False)
    ]
    texts = {key: str(found[key]) for key in ("region", "team", "pipeline", "coupling") if key in found}
    if bool(texts.get("pipeline")) != bool(texts.get("coupling")) or texts.get("coupling", "staging") not in COUPLINGS:
        read.complaints.append(f"pipeline and coupling go together; coupling is one of {', '.join(COUPLINGS)}")
    read.refuse(f"[tool.djheroku.stages.{stage}] in pyproject.toml cannot be")
    place = {"region": made.region, "team": made.team, "pipeline": made.pipeline, "coupling": made.coupling} | texts
    return replace(
        made, features=MappingProxyType(features), region=place["region"], team=place["team"], pipeline=place["pipeline"],
        coupling=place["coupling"],
    )  # fmt: skip


def _with(base: Manifest, found: Mapping[str, Any], read: Reading, *, firm: bool) -> Manifest:
    """Single entries replace those of the same name; an add-on takes the place of the one of the same service."""
    plans = {plan.service: plan for plan in base.addons} | {plan.service: plan for plan in read.addons(found.get("addons", []))}
    return replace(
        base,
        stack=str(found.get("stack", base.stack)),
        env=MappingProxyType({**base.env, **read.env(found.get("env", {}), firm=firm)}),
        formation=MappingProxyType({**base.formation, **read.formation(found.get("formation", {}), firm=firm)}),
        addons=tuple(plans.values()),
        buildpacks=tuple(read.url(each) for each in found["buildpacks"]) if "buildpacks" in found else base.buildpacks,
        scripts=MappingProxyType({**base.scripts, **read.scripts(found.get("scripts", {}))}),
    )


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
            read.append(Plan(str(given.get("plan", "")), str(given.get("as", "")), MappingProxyType(options)))
        return tuple(read)

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

    def url(self, each: Any) -> str:
        found = each if isinstance(each, str) else self.table("buildpacks", each).get("url", "")
        if not found:
            self.complaints.append(f"buildpacks: {each!r} names none")
        return str(found)


def on_stack(base: Manifest, stack: str) -> Manifest:
    """The same for another stack."""
    return replace(base, stack=stack)
