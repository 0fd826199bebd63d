"""Slugs: what a build made. One never changes."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client, Json


@dataclass(frozen=True)
class Slug:
    """commit: "" where whoever built it did not say; size: bytes, None until it is uploaded."""

    id: str
    commit: str
    size: int | None


def read(found: Json) -> Slug:
    return Slug(id=found["id"], commit=found.get("commit") or "", size=found.get("size"))


def info(client: Client, app: str, slug_id: str) -> Slug:
    return read(client.get(f"/apps/{app}/slugs/{slug_id}"))


def process_types(client: Client, app: str, slug_id: str) -> dict[str, str]:
    """The Procfile's lines as they were when it was built."""
    return {str(name): str(line) for name, line in client.get(f"/apps/{app}/slugs/{slug_id}")["process_types"].items()}
