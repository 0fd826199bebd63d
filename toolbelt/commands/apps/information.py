"""Verb on an app: all that Heroku tells of it, on one screen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from toolbelt.addresses import shown_name
from toolbelt.heroku import addons, apps, domains, formation, pipelines, releases
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.apps import App
from toolbelt.heroku.domains import Domain
from toolbelt.heroku.formation import Row
from toolbelt.heroku.releases import Release
from toolbelt.output import ago, size
from toolbelt.tools import Heroku, Tools

NONE = "none"


@dataclass(frozen=True)
class Whole:
    """An app with what belongs to it. place: (pipeline, stage in it), None where it is in none."""

    app: App
    release: Release | None
    rows: tuple[Row, ...]
    addons: tuple[Addon, ...]
    domains: tuple[Domain, ...]
    buildpacks: tuple[str, ...]
    place: tuple[str, str] | None

    @property
    def build(self) -> str:
        """As what code comes to it."""
        if self.app.is_fir:
            return "cloud native buildpacks"
        return "image" if self.app.is_container else "source"


def info(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Tell it all, and change nothing."""
    found = look(tools.heroku(stage))
    if as_json:
        tools.printer.data(json.dumps(_members(found), indent=2))
    else:
        tools.printer.facts(_rows(found))


def look(heroku: Heroku) -> Whole:
    client = heroku.client
    app = apps.info(client, heroku.app)
    place = pipelines.coupling(client, app.id)
    return Whole(
        app=app,
        release=releases.newest(client, app.name),
        rows=formation.every(client, app.name),
        addons=addons.every(client, app.name),
        domains=domains.every(client, app.name),
        buildpacks=() if app.is_container else tuple(map(shown_name, apps.buildpacks(client, app.name))),
        place=(pipelines.info(client, place.pipeline).name, place.stage) if place else None,
    )


def _rows(found: Whole) -> list[tuple[str, str]]:
    app, release = found.app, found.release
    told = f"{release.name}, {release.description}" if release else NONE
    if release and release.status != "succeeded":
        told += f" ({release.status})"
    if release and release.created:
        told += f", {ago(release.created)}"
    return [
        ("app", app.name),
        ("address", app.web_url or NONE),
        ("stack", app.stack or NONE),
        ("region", app.region),
        ("owner", app.owner),
        ("generation", app.generation),
        ("build", ", ".join([found.build, *found.buildpacks])),
        ("release", told),
        ("dynos", ", ".join(f"{row.type} {row.quantity} of {row.size}" for row in found.rows) or NONE),
        ("add-ons", ", ".join(_addon(each) for each in found.addons) or NONE),
        ("domains", ", ".join(each.hostname for each in found.domains if each.kind == "custom") or NONE),
        ("maintenance", "on: visitors see its page, not the site" if app.maintenance else "off"),
        ("slug", _size(app.slug_size)),
        ("repository", _size(app.repo_size)),
        ("pipeline", f"{found.place[1]} of {found.place[0]}" if found.place else NONE),
    ]


def _addon(found: Addon) -> str:
    told = f"{found.plan} ({', '.join([found.name, *found.config_vars])})"
    return told if found.state == "provisioned" else f"{told}, {found.state}"


def _size(count: int | None) -> str:
    return NONE if count is None else size(count)


def _members(found: Whole) -> dict[str, Any]:
    app, release = found.app, found.release
    return {
        "app": app.name,
        "id": app.id,
        "address": app.web_url,
        "git": app.git_url,
        "stack": app.stack,
        "region": app.region,
        "owner": app.owner,
        "generation": app.generation,
        "build": found.build,
        "buildpacks": list(found.buildpacks),
        "release": {"name": release.name, "status": release.status, "description": release.description} if release else None,
        "formation": [{"type": row.type, "quantity": row.quantity, "size": row.size} for row in found.rows],
        "addons": [
            {"name": each.name, "plan": each.plan, "state": each.state, "config_vars": list(each.config_vars)}
            for each in found.addons
        ],
        "domains": [each.hostname for each in found.domains if each.kind == "custom"],
        "maintenance": app.maintenance,
        "slug_bytes": app.slug_size,
        "repository_bytes": app.repo_size,
        "pipeline": {"name": found.place[0], "stage": found.place[1]} if found.place else None,
    }
