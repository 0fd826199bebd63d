"""Pipelines: which stage an app has in one, and promoting the slug of one app to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import inner
from toolbelt.heroku.refusals import NotFound
from toolbelt.heroku.releases import Release

STAGES = ("test", "review", "development", "staging", "production")


@dataclass(frozen=True)
class Pipeline:
    id: str
    name: str


@dataclass(frozen=True)
class Coupling:
    """An app's place in a pipeline; app and pipeline are ids."""

    app: str
    pipeline: str
    stage: str


@dataclass(frozen=True)
class Target:
    """An app that is promoted to. status: pending while its release is made and its release phase runs, then
    succeeded or failed; release: its id, "" until there is one; error: Heroku's words."""

    app: str
    status: str
    release: str
    error: str


def _pipeline(found: Json) -> Pipeline:
    return Pipeline(found["id"], found["name"])


def _coupling(found: Json) -> Coupling:
    return Coupling(inner(found, "app", "id"), inner(found, "pipeline", "id"), str(found["stage"]))


def _target(found: Json) -> Target:
    app, release = inner(found, "app", "id"), inner(found, "release", "id")
    return Target(app, str(found["status"]), release, str(found.get("error_message") or ""))


def coupling(client: Client, app: str) -> Coupling | None:
    """The app's place in a pipeline; None where it is in none."""
    try:
        return _coupling(client.get(f"/apps/{app}/pipeline-couplings"))
    except NotFound:
        return None


def info(client: Client, name: str) -> Pipeline:
    """By name or id."""
    return _pipeline(client.get(f"/pipelines/{name}"))


def find(client: Client, name: str) -> Pipeline | None:
    """The pipeline of that name, or None where this account sees none."""
    try:
        return info(client, name)
    except NotFound:
        return None


def create(client: Client, name: str, *, like: str) -> Pipeline:
    """Make a pipeline that has the same owner as an app: its team, else the account itself."""
    team = inner(client.get(f"/apps/{like}"), "team", "id")
    owner = {"id": team, "type": "team"} if team else {"id": str(client.get("/account")["id"]), "type": "user"}
    body = {"name": name, "owner": owner}
    return client.post("/pipelines", body, found=lambda: find(client, name), made=_pipeline)


def couple(client: Client, app: str, pipeline: Pipeline, stage: str) -> Coupling:
    """Give an app, by its id, a stage of a pipeline."""
    body = {"app": app, "pipeline": pipeline.id, "stage": stage}
    return client.post("/pipeline-couplings", body, found=lambda: coupling(client, app), made=_coupling)


def promote(
    client: Client, pipeline: str, source: str, release: str, target: str, *, found: Callable[[], Release | None]
) -> str | Release:
    """Begin to promote the slug of a release of the source to the target; all of them are ids.

    The promotion's id; or the release, where the answer was lost and ``found`` sees that there is one.
    """
    body = {
        "pipeline": {"id": pipeline},
        "source": {"app": {"id": source}, "release": {"id": release}},
        "targets": [{"app": {"id": target}}],
    }

    def made(answer: Json) -> str | Release:
        return str(answer["id"])

    return client.post("/pipeline-promotions", body, found=found, made=made)


def targets(client: Client, promotion: str) -> tuple[Target, ...]:
    return tuple(_target(each) for each in client.get(f"/pipeline-promotions/{promotion}/promotion-targets"))


def uncouple(client: Client, app: str) -> None:
    """Take an app out of its pipeline."""
    found = client.get(f"/apps/{app}/pipeline-couplings")
    client.delete(f"/pipeline-couplings/{found['id']}")


def every(client: Client) -> tuple[Pipeline, ...]:
    return tuple(sorted((_pipeline(each) for each in client.pages("/pipelines")), key=lambda each: each.name))


def couplings(client: Client, pipeline: str) -> tuple[Coupling, ...]:
    return tuple(_coupling(each) for each in client.pages(f"/pipelines/{pipeline}/pipeline-couplings"))
