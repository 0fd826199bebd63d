"""The pipeline that two apps are in, or are to be in: a slug is promoted within one."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.commands.promotion.pinning import Origin
from toolbelt.errors import UsageError
from toolbelt.heroku import pipelines
from toolbelt.heroku.apps import App
from toolbelt.heroku.pipelines import STAGES, Coupling, Pipeline
from toolbelt.tools import Heroku


@dataclass(frozen=True, kw_only=True)
class Line:
    """The pipeline that both apps are in, or will be. missing: the apps that are to be coupled, with their stages;
    pipeline: None where it is to be made as well."""

    name: str
    pipeline: Pipeline | None
    missing: tuple[tuple[App, str], ...]


def line(origin: Origin, heroku: Heroku, app: App, *, make: str) -> Line:
    """The pipeline for a promotion. Raises UsageError that says exactly what is missing, unless it is to be made."""
    client = heroku.client
    if origin.heroku.stage.api != heroku.stage.api:
        raise UsageError(
            f"{origin.app.name} and {app.name} are at two Herokus, and slugs are promoted within one",
            finding=f"{origin.heroku.stage.api} and {heroku.stage.api}",
            todo=f"./inv deploy{heroku.stage.flag} of the same commit builds it there anew",
        )
    places = [(each, pipelines.coupling(client, each.name)) for each in (origin.app, app)]
    known = {place.pipeline: pipelines.info(client, place.pipeline) for _, place in places if place}
    stages = (_stage(origin.heroku, "staging"), _stage(heroku, "production"))
    missing = tuple((each, stage) for (each, place), stage in zip(places, stages, strict=True) if place is None)
    told = [_told(each, place, known) for each, place in places]
    if len(known) == 2:
        raise UsageError(
            "The apps are in two pipelines, and a slug is promoted within one",
            finding="\n".join(told),
            todo=f"Take one of them out of its pipeline (./inv pipelines.remove{heroku.stage.flag}), then: "
            f"{again(origin, heroku)} --make-pipeline {known[_pipeline(places[0][1])].name}",
        )
    there = next(iter(known.values()), None)
    if missing and not make:
        raise UsageError(
            "Slugs are promoted within a pipeline, and these apps are not in one",
            finding="\n".join(told),
            todo=f"{again(origin, heroku)} --make-pipeline {there.name if there else 'NAME'}",
        )
    if missing and there and make != there.name:
        raise UsageError(
            f"There is a pipeline already, and it is not {make}",
            finding="\n".join(told),
            todo=f"{again(origin, heroku)} --make-pipeline {there.name}",
        )
    there = there or pipelines.find(client, make)
    return Line(name=there.name if there else make, pipeline=there, missing=missing)


def _pipeline(place: Coupling | None) -> str:
    return place.pipeline if place else ""


def _stage(heroku: Heroku, otherwise: str) -> str:
    return heroku.stage.name if heroku.stage.name in STAGES else otherwise


def _told(app: App, place: Coupling | None, known: dict[str, Pipeline]) -> str:
    return f"{app.name}: {place.stage} of {known[place.pipeline].name}" if place else f"{app.name}: in no pipeline"


def again(origin: Origin, heroku: Heroku) -> str:
    """The command that does the same once more."""
    return f"./inv promote --from {origin.heroku.stage.name} --to {heroku.stage.name}"
