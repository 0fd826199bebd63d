"""What is known of Heroku that grows old: the one table to look through when a year has passed.

As of 2026-11-20. Sources: heroku-buildpack-python v351 (README.md, lib/python_version.sh) for Python; Dev Center's
changelog items 3705 (heroku-22) and 3395 (expired releases), heroku/base-images for stacks; heroku-buildpack-ci-postgresql
v27 and endoflife.date for Postgres; Heroku's notice on Key-Value Store of 2026-08-20 for Valkey; mitre/vulcan#624 for plans
that ended in May 2024; heroku/buildpacks-python's table for memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Life:
    """deprecated: from then on one is told; ends: from then on it does not go on as before; what: what happens then."""

    deprecated: date | None = None
    ends: date | None = None
    what: str = ""


# What the buildpack builds on, and container; older ones are refused.
STACKS: Mapping[str, Life] = {
    "heroku-22": Life(
        date(2026, 5, 20),
        date(2027, 5, 1),
        "no build any more; since 2026-11-01 the first of every month fails on purpose, from 2027-02-01 weekly",
    ),
    "heroku-24": Life(None, date(2029, 4, 30), "no build any more"),
    "heroku-26": Life(),
    "container": Life(),
}
NEWEST_STACK = "heroku-26"

# Series -> the newest version of it.
PYTHONS: Mapping[str, str] = {"3.10": "3.10.21", "3.11": "3.11.16", "3.12": "3.12.14", "3.13": "3.13.15", "3.14": "3.14.7"}
PYTHON_LIVES: Mapping[str, Life] = {"3.10": Life(None, date(2027, 1, 6), "not in the buildpack any more")}

POSTGRES: Mapping[int, Life] = {
    14: Life(None, date(2025, 11, 28)),
    15: Life(None, date(2026, 9, 30)),  # "third quarter"
    16: Life(),
    17: Life(),
    18: Life(),
}
VALKEY: Mapping[int, Life] = {7: Life(date(2026, 8, 20), date(2026, 12, 19), "upgraded by Heroku to 9"), 9: Life()}

# Plans that cannot be had any more, and what took their place.
RETIRED = (
    (re.compile(r"^heroku-postgresql:(hobby-dev|hobby-basic|mini|basic|dev)$"), "heroku-postgresql:essential-0"),
    (re.compile(r"^heroku-redis:(hobby-dev|hobby)$"), "heroku-redis:mini"),
)

# Megabytes of memory of a dyno (heroku-buildpack-python computes WEB_CONCURRENCY from the same).
MEMORY: Mapping[str, int] = {
    "free": 512, "hobby": 512, "eco": 512, "basic": 512, "standard-1x": 512, "standard-2x": 1024, "performance-m": 2560,
    "performance-l": 14336, "performance-l-ram": 30720, "performance-xl": 63488, "performance-2xl": 129024,
}  # fmt: skip
RETIRED_SIZES = ("free", "hobby")
PROCESS = 256  # megabytes that the buildpack counts for one web process

# A release expires when it is older than 30 days and not among the newest 20 (changelog item 3395).
EXPIRES_DAYS, EXPIRES_RELEASES = 30, 20

# Heroku takes no notice of these (Dev Center, Container Registry & Runtime).
NOT_HONOURED = ("VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "SHELL")
LAYERS = 40  # images with more may not start
LARGE = 1_000_000_000  # bytes, uncompressed: pulled before every dyno starts


def plan_instead(plan: str) -> str:
    """What is to be had where a plan is retired; "" where it is not."""
    return next((instead for pattern, instead in RETIRED if pattern.match(plan)), "")
