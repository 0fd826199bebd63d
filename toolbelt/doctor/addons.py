"""Add-ons against what is developed with: plans that can still be had, and servers of the same version."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from toolbelt.doctor.finding import Finding, error, ok, some, warning
from toolbelt.doctor.known import POSTGRES, VALKEY, Life, plan_instead
from toolbelt.heroku.addons import Addon
from toolbelt.manifest import Manifest

POSTGRES_SERVICE, REDIS_SERVICE = "heroku-postgresql", "heroku-redis"
IMAGES = (
    (POSTGRES_SERVICE, "Postgres", r"postgres:(\d+)", POSTGRES),
    (REDIS_SERVICE, "Valkey", r"(?:valkey/valkey|redis):(\d+)", VALKEY),
)


def plans(manifest: Manifest) -> Iterator[Finding]:
    """Of app.json: what a new app would be given."""
    for each in manifest.addons:
        if instead := plan_instead(each.plan):
            yield warning(
                "add-ons",
                f"app.json asks for {each.plan}, which cannot be had any more",
                "a new app would be refused",
                f"Ask for {instead}",
            )


def of(found: Sequence[Addon], manifest: Manifest, flag: str = "") -> Iterator[Finding]:
    """Of the app: states, retired plans, and what app.json asks for; flag: what names its stage to the verb that mends it."""
    for each in found:
        if instead := plan_instead(each.plan):
            yield warning(
                "add-ons",
                f"{each.name} is on the plan {each.plan}, which is retired",
                "Heroku ends it one day",
                f"./inv addons.upgrade {each.name} {instead}{flag}",
            )
        if each.state != "provisioned":
            level = warning if each.state == "provisioning" else error
            yield level("add-ons", f"{each.name} is {each.state}", "the site cannot use it", "Wait, or look at the dashboard")
    left, missing = Counter(addon.service for addon in found), list[str]()
    for wish in manifest.addons:
        if not left[wish.service]:
            missing.append(wish.plan)
        left[wish.service] -= bool(left[wish.service])
    if missing:
        yield warning(
            "add-ons",
            f"app.json asks for {some(missing)}, and the app lacks it",
            "the site may count on it",
            f"./inv plan{flag} shows what is missing, ./inv apply{flag} adds it",
        )
    elif found:
        yield ok("add-ons", ", ".join(each.plan for each in found))


def versions(found: Mapping[str, str], compose: Path, *, today: date) -> Iterator[Finding]:
    """found: by service, the version that its server tells, such as 18.1."""
    text = compose.read_text(encoding="utf-8") if compose.is_file() else ""
    for service, name, pattern, lives in IMAGES:
        if not (told := re.match(r"\d+", found.get(service, ""))):
            continue
        there = int(told[0])
        here = re.search(rf"^\s*image:\s*['\"]?{pattern}", text, re.MULTILINE)
        if here is not None and int(here[1]) != there:
            yield warning(
                "add-ons",
                f"{name} {there} runs there, and {here[1]} in docker-compose.yml",
                "what is tried here is not what runs there",
                f"{compose.name} with version {there}, until the app's own is another",
            )
        elif here is not None:
            yield ok("add-ons", f"{name} {there}, as in docker-compose.yml")
        yield from _life(name, there, lives, today)


def _life(name: str, there: int, lives: Mapping[int, Life], today: date) -> Iterator[Finding]:
    life = lives.get(there, Life())
    fix = f"Go on to {name} {max(lives)} at a time of your own"
    if life.ends is not None and life.ends <= today:
        yield warning(
            "add-ons", f"{name} {there} is at its end since {life.ends}", life.what or "Heroku does not keep it for ever", fix
        )
    elif life.deprecated is not None and life.deprecated <= today:
        cause = f"{life.what} after {life.ends}"
        yield warning("add-ons", f"{name} {there} has been deprecated since {life.deprecated}", cause, fix)
