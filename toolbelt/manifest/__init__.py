"""app.json, parsed: what the Heroku app must have; and where a stage's app is to be other than that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolbelt.errors import ToolbeltError
from toolbelt.manifest.wishes import POSTDEPLOY, PREDESTROY, SCRIPTS, Plan, Reading, Script, Variable, Wish

__all__ = [
    "POSTDEPLOY", "PREDESTROY", "SCRIPTS", "Manifest", "Plan", "Script", "Variable", "Wish",
    "differing", "load", "on_stack", "parse",
]  # fmt: skip


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
        buildpacks=read.buildpacks(found.get("buildpacks", [])),
        environments=MappingProxyType(dict(found.get("environments", {}))),
        scripts=MappingProxyType(read.scripts(found.get("scripts", {}))),
    )
    read.refuse("app.json cannot be read")
    return made


def load(path: Path) -> Manifest:
    """``parse`` of a file; one that is not there asks for nothing."""
    return parse(path.read_text(encoding="utf-8")) if path.is_file() else parse("{}")


def of(root: Path, stage: str, differences: Mapping[str, Any]) -> Manifest:
    """What a checkout asks for on a stage: its app.json, with what the stage differs in."""
    return differing(load(root / "app.json"), stage, differences)


def differing(base: Manifest, stage: str, found: Mapping[str, Any]) -> Manifest:
    """The manifest with a stage's differences: what ``[tool.djheroku.stages.NAME]`` says of env, formation, addons,
    features, stack, buildpacks (all of them, in order), region, team, pipeline and coupling, on top of the environment of
    app.json's that it names.

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
    """Single entries replace those of the same name, an add-on the one of its service and name."""
    plans = _merged(base.addons, read.addons(found.get("addons", [])))
    read.twice(plans)
    return replace(
        base,
        stack=str(found.get("stack", base.stack)),
        env=MappingProxyType({**base.env, **read.env(found.get("env", {}), firm=firm)}),
        formation=MappingProxyType({**base.formation, **read.formation(found.get("formation", {}), firm=firm)}),
        addons=plans,
        buildpacks=read.buildpacks(found["buildpacks"]) if "buildpacks" in found else base.buildpacks,
        scripts=MappingProxyType({**base.scripts, **read.scripts(found.get("scripts", {}))}),
    )


def _merged(base: Sequence[Plan], over: Sequence[Plan]) -> tuple[Plan, ...]:
    """One without a name takes the place, and the name, of the first of its service that is not asked for by name."""
    plans, named = list(base), {each.key for each in over}
    for plan in over:
        same = [at for at, each in enumerate(plans) if each.key == plan.key]
        if not same and not plan.attachment:
            same = [at for at, each in enumerate(plans) if each.service == plan.service and each.key not in named]
        if same:
            plans[same[0]] = replace(plan, attachment=plan.attachment or plans[same[0]].attachment)
        else:
            plans.append(plan)
    return tuple(plans)


def on_stack(base: Manifest, stack: str) -> Manifest:
    """The same for another stack."""
    return replace(base, stack=stack)
