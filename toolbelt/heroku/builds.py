"""Builds of source, on Heroku: upload, build, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import inner

PIECE = 1 << 16


@dataclass(frozen=True)
class Build:
    """A build. status: pending, succeeded or failed; version: the commit, as we named it; release: its id, "" until
    there is one."""

    id: str
    status: str
    version: str
    release: str
    output_url: str


def read(found: Json) -> Build:
    return Build(
        id=found["id"],
        status=found["status"],
        version=inner(found, "source_blob", "version"),
        release=inner(found, "release", "id"),
        output_url=found.get("output_stream_url") or "",
    )


def upload(client: Client, archive: Path) -> str:
    """Put an archive where a build finds it; returns the address to build from."""
    blob = client.ask("/sources", {})["source_blob"]

    def pieces():  # type: ignore[no-untyped-def]
        with archive.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    client.upload(blob["put_url"], pieces, archive.stat().st_size)
    return str(blob["get_url"])


def create(client: Client, app: str, source: str, *, version: str, checksum: str) -> Build:
    """Begin a build of what lies at ``source``; checksum: ``SHA256:<hex>`` of the archive."""
    known = {build.id for build in newest(client, app)}

    def found() -> Build | None:
        return next((b for b in newest(client, app) if b.id not in known and b.version == version), None)

    body = {"source_blob": {"url": source, "version": version, "checksum": checksum}}
    return client.post(f"/apps/{app}/builds", body, found=found, made=read)


def newest(client: Client, app: str, limit: int = 5) -> list[Build]:
    """The newest first."""
    found = client.pages(f"/apps/{app}/builds", field="created_at", order="desc", limit=limit)
    return [read(each) for each in found]


def info(client: Client, app: str, build: str) -> Build:
    return read(client.get(f"/apps/{app}/builds/{build}"))


def unfinished(client: Client, app: str, version: str) -> Build | None:
    """A build of this commit that an interrupted run has left behind, and that goes on."""
    return next((b for b in newest(client, app) if b.status == "pending" and b.version == version), None)


def slug_commit(client: Client, app: str, slug: str) -> str:
    """The commit that a slug was built from, "" where Heroku does not know."""
    return str(client.get(f"/apps/{app}/slugs/{slug}").get("commit") or "")
