"""In what two apps differ that are to run the same code: a judgement on what Heroku tells of both."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from toolbelt.addresses import shown_name
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import addons, configvars, data, features, formation
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.apps import App
from toolbelt.tools import Heroku

NOTHING = "none"


@dataclass(frozen=True, kw_only=True)
class Side:
    """What Heroku tells of one of them; config vars by name only."""

    app: str
    stack: str
    region: str
    config: frozenset[str]
    formation: tuple[str, ...]
    addons: tuple[str, ...]
    features: frozenset[str]
    buildpacks: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One thing in which they differ; here and there: what the source has, and what the target."""

    topic: str
    here: str
    there: str


def look(heroku: Heroku, app: App) -> Side:
    client = heroku.client
    rows = formation.every(client, app.name)
    packs = client.get(f"/apps/{app.name}/buildpack-installations")
    return Side(
        app=app.name,
        stack=app.stack,
        region=app.region,
        config=frozenset(configvars.every(client, app.name)),
        formation=tuple(f"{row.type} {row.quantity} {row.size}".strip() for row in rows if row.type != "release"),
        addons=tuple(_addon(heroku, each) for each in addons.every(client, app.name)),
        features=features.enabled(client, app.name),
        buildpacks=tuple(shown_name(str(each["buildpack"]["name"])) for each in packs),
    )


def _addon(heroku: Heroku, addon: Addon) -> str:
    """Its plan, and the version of its server where it tells one."""
    version = ""
    if addon.service in (data.POSTGRES, data.REDIS):
        with suppress(ToolbeltError):
            version = data.version(data.door(heroku.stage, heroku.token), addon)
    return f"{addon.plan or addon.service}{f' {version}' if version else ''}"


def differences(here: Side, there: Side) -> tuple[Difference, ...]:
    """Only what differs; the source's word first."""
    found = [
        Difference("stack", here.stack, there.stack),
        Difference("region", here.region, there.region),
        Difference("config vars", _names(here.config - there.config), _names(there.config - here.config)),
        Difference("add-ons", *_apart(here.addons, there.addons)),
        Difference("formation", *_apart(here.formation, there.formation)),
        Difference("features", _names(here.features - there.features), _names(there.features - here.features)),
    ]
    if here.buildpacks and there.buildpacks:  # an app that nothing was ever built for has none
        found.append(Difference("buildpacks", ", ".join(here.buildpacks), ", ".join(there.buildpacks)))
    return tuple(each for each in found if each.here != each.there)


def _apart(here: tuple[str, ...], there: tuple[str, ...]) -> tuple[str, str]:
    """What only one of them has."""
    return _names(set(here) - set(there)), _names(set(there) - set(here))


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or NOTHING
