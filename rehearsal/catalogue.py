"""What the platform offers whatever an account has: stacks, regions, add-on services with plans, features."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

NAMESPACE = uuid.UUID("6d3e5b4e-58c5-4b3a-9d0a-1d6f0c6f1b11")
SINCE = "2024-01-01T00:00:00Z"


def fixed_id(kind: str, name: str) -> str:
    """The same id for the same thing in every rehearsal."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


@dataclass(frozen=True)
class Stack:
    name: str
    state: str = "public"
    default: bool = False


# heroku-26 is what Heroku recommends; the API's default is still 24 in the CLI's own text.
STACKS = (
    Stack("heroku-22", "deprecated"),
    Stack("heroku-24", default=True),
    Stack("heroku-26"),
    Stack("container"),
)


def stack(name: str) -> Stack | None:
    return next((each for each in STACKS if name in (each.name, fixed_id("stack", each.name))), None)


@dataclass(frozen=True)
class Region:
    name: str
    country: str
    locale: str
    description: str
    provider: str


REGIONS = (
    Region("us", "United States", "Virginia", "United States", "us-east-1"),
    Region("eu", "Ireland", "Dublin", "Europe", "eu-west-1"),
)


def region(name: str) -> Region | None:
    return next((each for each in REGIONS if name in (each.name, fixed_id("region", each.name))), None)


@dataclass(frozen=True)
class Plan:
    """A plan; cents a month."""

    service: str
    name: str
    human: str
    cents: int
    default: bool = False

    @property
    def id(self) -> str:
        return fixed_id("plan", self.full)

    @property
    def full(self) -> str:
        return f"{self.service}:{self.name}"


@dataclass(frozen=True)
class Service:
    """attachment: the name an add-on is attached by if nobody gives one; prefix: of the add-on's own name."""

    name: str
    human: str
    attachment: str
    prefix: str
    plugin: str | None

    @property
    def id(self) -> str:
        return fixed_id("service", self.name)


SERVICES = (
    Service("heroku-postgresql", "Heroku Postgres", "DATABASE", "postgresql", "heroku-pg"),
    Service("heroku-redis", "Heroku Key-Value Store", "REDIS", "redis", "heroku-redis"),
)
PLANS = (
    Plan("heroku-postgresql", "essential-0", "Essential 0", 500, default=True),
    Plan("heroku-postgresql", "essential-1", "Essential 1", 900),
    Plan("heroku-postgresql", "essential-2", "Essential 2", 2000),
    Plan("heroku-postgresql", "standard-0", "Standard 0", 5000),
    Plan("heroku-postgresql", "standard-2", "Standard 2", 20000),
    Plan("heroku-postgresql", "premium-0", "Premium 0", 20000),
    Plan("heroku-postgresql", "premium-2", "Premium 2", 35000),
    Plan("heroku-redis", "mini", "Mini", 300, default=True),
    Plan("heroku-redis", "premium-0", "Premium 0", 1500),
    Plan("heroku-redis", "premium-1", "Premium 1", 3000),
    Plan("heroku-redis", "premium-2", "Premium 2", 6000),
)


def service(name: str) -> Service | None:
    return next((each for each in SERVICES if name in (each.name, each.id)), None)


def plan(name: str) -> Plan | None:
    """A plan by ``service:plan``, by id, or the default of a service that is named alone."""
    for each in PLANS:
        if name in (each.full, each.id) or (each.default and name in (each.service, fixed_id("service", each.service))):
            return each
    return None


@dataclass(frozen=True)
class Offer:
    """A feature of apps that can be switched on."""

    name: str
    human: str
    description: str
    state: str = "general"


FEATURES = (
    Offer("preboot", "Preboot", "Provide seamless web dyno deploys"),
    Offer("runtime-dyno-metadata", "Dyno Metadata", "Expose application metadata in dynos", "beta"),
    Offer("runtime-dyno-build-metadata", "Dyno Build Metadata", "Expose build metadata in dynos", "beta"),
    Offer("http-disable-keepalive-to-dyno", "No keepalive to dynos", "A connection to a dyno for every request", "beta"),
)
