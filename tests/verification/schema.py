"""Heroku's own description of the Platform API, as something to hold answers against."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema

FILE = Path(__file__).with_name("platform-api.schema.json")


def _any_host(app: dict[str, Any]) -> None:
    for name in ("git_url", "web_url"):
        del app["definitions"][name]["pattern"]


def _dyno_size(formation: dict[str, Any]) -> None:
    for name, of in (("id", 0), ("name", 1)):
        formation["definitions"]["dyno_size"]["identity"]["anyOf"][of] = {"$ref": f"#/definitions/dyno-size/definitions/{name}"}


# Where the schema is wrong, or does not hold for another host than Heroku's: definition, change to it, reason.
REPAIRS: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("app", _any_host, "git.heroku.com and herokuapp.com are Heroku's; the addresses of a rehearsal are on loopback"),
    ("formation", _dyno_size, "it refers to dyno_size, which does not exist; dyno-size does"),
]


FORMATS = jsonschema.FormatChecker(formats=("uuid", "email"))


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    """With a zone, as RFC 3339 has it."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@dataclass(frozen=True)
class Link:
    """A call of the API: what it answers is valid against target."""

    definition: str
    title: str
    method: str
    href: str
    target: dict[str, Any] | None  # None: no body

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{[^}]*\}", self.href)
        return re.compile("[^/]+".join(map(re.escape, parts)) + "$")

    @property
    def literal(self) -> int:
        """How much of the address is no parameter: of two that match, the more literal one is meant."""
        return len(re.sub(r"\{[^}]*\}", "", self.href))


@cache
def document() -> dict[str, Any]:
    """The schema, repaired, and with `strictProperties` said in words that a validator knows."""
    raw: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    definitions = raw["definitions"]
    for name, change, _ in REPAIRS:
        change(definitions[name])
    strict(definitions)
    return {"$schema": "http://json-schema.org/draft-04/schema#", "definitions": definitions}


def strict(node: Any) -> None:
    """`strictProperties` (prmd's): all the properties that are listed, and no others."""
    if isinstance(node, dict):
        if node.get("strictProperties") is True and isinstance(node.get("properties"), dict):
            node["required"] = sorted(node["properties"])
            node["additionalProperties"] = False
        for value in node.values():
            strict(value)
    elif isinstance(node, list):
        for value in node:
            strict(value)


@cache
def links() -> list[Link]:
    """All calls that the schema describes."""
    return list(_links())


def _links() -> Iterator[Link]:
    for name, definition in document()["definitions"].items():
        for link in definition.get("links", ()):
            whole = {"$ref": f"#/definitions/{name}"}
            target = link.get("targetSchema") or (None if link.get("rel") == "empty" else whole)
            if target and link.get("rel") == "instances" and "items" not in target and "patternProperties" not in target:
                target = {"type": "array", "items": target}
            yield Link(name, link.get("title", ""), link.get("method", "GET"), unquote(link["href"]), target)


def find(method: str, path: str) -> Link | None:
    """The call that a request is; None for what the schema does not know."""
    found = [link for link in links() if link.method == method and link.pattern.match(path)]
    return max(found, key=lambda link: link.literal, default=None)


def complaints(link: Link, content: bytes) -> list[str]:
    """What is wrong with an answer, in words; nothing if it is valid."""
    if link.target is None:
        return [] if not content else [f"there should be no body: {content[:100]!r}"]
    try:
        body = json.loads(content)
    except ValueError:
        return [f"no JSON: {content[:100]!r}"]
    validator = jsonschema.Draft4Validator({**document(), "allOf": [link.target]}, format_checker=FORMATS)
    errors = sorted(validator.iter_errors(body), key=lambda error: list(map(str, error.absolute_path)))
    return [f"{'/'.join(map(str, error.absolute_path)) or '(top)'}: {error.message[:300]}" for error in errors]
