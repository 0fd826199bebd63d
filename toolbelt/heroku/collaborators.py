"""Collaborators: who else may work on an app."""

from __future__ import annotations

from dataclasses import dataclass

from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import inner


@dataclass(frozen=True)
class Collaborator:
    email: str
    role: str


def read(found: Json) -> Collaborator:
    return Collaborator(inner(found, "user", "email"), str(found.get("role") or "collaborator"))


def every(client: Client, app: str) -> tuple[Collaborator, ...]:
    return tuple(sorted((read(each) for each in client.pages(f"/apps/{app}/collaborators")), key=lambda each: each.email))


def add(client: Client, app: str, email: str) -> None:
    def found() -> bool | None:
        return True if any(each.email == email for each in every(client, app)) else None

    client.post(f"/apps/{app}/collaborators", {"user": email}, found=found, made=lambda _answer: True)


def remove(client: Client, app: str, email: str) -> None:
    client.delete(f"/apps/{app}/collaborators/{email}")
