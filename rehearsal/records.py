"""What the rehearsal remembers, as frozen records; a change is a new record with the same id (``dataclasses.replace``)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


def now() -> str:
    """The time as Heroku writes it: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, kw_only=True)
class Record:
    id: str = field(default_factory=new_id)
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class App(Record):
    """stack: what runs; build_stack: what the next build or release makes of it."""

    name: str
    stack: str
    build_stack: str
    region: str = "us"
    maintenance: bool = False
    acm: bool = False
    released_at: str | None = None
    slug_size: int | None = None
    buildpacks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConfigVars(Record):
    """The config vars of an app as they are now; ``app_id`` is unique."""

    app_id: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Slug(Record):
    """What a build made; the fields that are no part of the API are those of ``builds.slug.BuiltSlug``."""

    app_id: str
    folder: str
    process_types: Mapping[str, str]
    size: int = 0
    commit: str | None = None
    commit_description: str | None = None
    stack: str = "heroku-24"
    python: str = ""
    image: str | None = None
    pythonhome: bool = True
    nltk: bool = False
    system_path: str = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, kw_only=True)
class Build(Record):
    """source: url, version, version_description, checksum as the caller sent them. status: pending|succeeded|failed."""

    app_id: str
    source: Mapping[str, Any]
    stack: str
    buildpacks: tuple[str, ...] = ()
    status: str = "pending"
    release_id: str | None = None
    slug_id: str | None = None
    stream_id: str = field(default_factory=new_id)


@dataclass(frozen=True, kw_only=True)
class Image:
    """The image of a process type: its config digest, what ``docker run`` calls it, and the command its config names."""

    digest: str
    ref: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Release(Record):
    """What runs, or would have run: code (a slug, or an image per process type) and config vars, under a number.

    status: pending|succeeded|failed. config is the app's config vars at that time.
    """

    app_id: str
    version: int
    description: str
    status: str = "succeeded"
    slug_id: str | None = None
    images: Mapping[str, Image] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    addon_plan_names: tuple[str, ...] = ()
    stream_id: str | None = None
    commit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Formation(Record):
    app_id: str
    type: str
    command: str
    quantity: int = 0
    size: str = "Basic"


@dataclass(frozen=True, kw_only=True)
class Addon(Record):
    """state: provisioning|provisioned|deprovisioned. server: what its server needs to be started again."""

    app_id: str
    name: str
    service: str
    plan: str
    state: str = "provisioning"
    server: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Attachment(Record):
    app_id: str
    addon_id: str
    name: str
    namespace: str | None = None


@dataclass(frozen=True, kw_only=True)
class Domain(Record):
    """asked: when a certificate was asked for (seconds since the epoch), 0 for never; held: the status that somebody
    wants it to have, and the reason, () where it goes its way (see ``certificates``)."""

    app_id: str
    hostname: str
    kind: str = "custom"
    asked: float = 0.0
    held: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Feature(Record):
    """A feature that somebody has switched on or off; those that nobody touched have no record."""

    app_id: str
    name: str
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class Pipeline(Record):
    name: str


@dataclass(frozen=True, kw_only=True)
class Coupling(Record):
    app_id: str
    pipeline_id: str
    stage: str


@dataclass(frozen=True, kw_only=True)
class Promotion(Record):
    """What an app of a pipeline runs, on its way to others; ``app_id`` and ``release_id`` are the source's."""

    pipeline_id: str
    app_id: str
    release_id: str


@dataclass(frozen=True, kw_only=True)
class PromotionTarget(Record):
    """An app that is promoted to: the release that was made there, or why there is none."""

    promotion_id: str
    app_id: str
    release_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Collaborator(Record):
    app_id: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Webhook(Record):
    """Somebody to be told of what happens to an app. level: notify|sync."""

    app_id: str
    include: tuple[str, ...]
    level: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Transfer(Record):
    """A backup of a database (from pg_dump to gof3r, as Heroku has it), a restore (from gof3r or a URL to pg_restore) or a
    copy (from pg_dump to pg_restore).

    number: counted by app, over all kinds; state: running|succeeded|failed; size: bytes of the dump so far; canceled_at: when
    somebody asked for its end, whereupon it is failed; source_id: of the add-on that a copy is of.
    """

    app_id: str
    addon_id: str
    number: int
    kind: str
    source: str
    target: str
    state: str = "running"
    size: int = 0
    started_at: str | None = None
    finished_at: str | None = None
    canceled_at: str | None = None
    source_id: str | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Schedule(Record):
    """Daily backups of a database, as somebody has asked for. name: of the config var; hour: 0-23 in the time zone."""

    addon_id: str
    name: str
    hour: int
    timezone: str


@dataclass(frozen=True, kw_only=True)
class Source(Record):
    """An uploaded source: a file in DIR/sources that its two addresses lead to."""

    size: int | None = None
