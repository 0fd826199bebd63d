"""Dynos: what runs, of which release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from toolbelt.heroku.client import Client, Json
from toolbelt.heroku.records import when
from toolbelt.heroku.refusals import Unreachable


@dataclass(frozen=True)
class Dyno:
    """A dyno. state: starting, up, idle, crashed or down; since: when it came to be in it."""

    name: str
    type: str
    state: str
    size: str
    command: str
    version: int
    since: datetime | None


@dataclass(frozen=True)
class OneOff:
    """A one-off dyno that was started. attach_url: ``rendezvous://host:port/secret``, "" where nobody is to attach."""

    name: str
    attach_url: str = field(repr=False)


def read(found: Json) -> Dyno:
    return Dyno(
        name=found["name"],
        type=found["type"],
        state=found["state"],
        size=str(found.get("size") or ""),
        command=str(found.get("command") or ""),
        version=int((found.get("release") or {}).get("version") or 0),
        since=when(found.get("updated_at")),
    )


def every(client: Client, app: str) -> tuple[Dyno, ...]:
    return tuple(sorted((read(each) for each in client.pages(f"/apps/{app}/dynos")), key=lambda dyno: dyno.name))


def restart(client: Client, app: str, which: str = "") -> None:
    """Restart all dynos, those of a process type, or the one of that name."""
    client.delete(_path(app, which), comes_back=True)


def stop(client: Client, app: str, which: str) -> None:
    """Stop the dynos of a process type, or the one of that name."""
    client.ask(f"{_path(app, which)}/actions/stop", {})


def _path(app: str, which: str) -> str:
    if not which:
        return f"/apps/{app}/dynos"
    return f"/apps/{app}/{'dynos' if '.' in which else 'formations'}/{which}"


def run(
    client: Client, app: str, command: str, *, attach: bool, environ: Mapping[str, str], size: str = "", tty: bool = True
) -> OneOff:
    """Start a one-off dyno. attach: it waits for who asked at its ``attach_url``, once."""
    body: dict[str, object] = {"command": command, "attach": attach, "env": dict(environ), "type": "run"}
    body |= {"size": size} if size else {}
    body |= {} if tty else {"force_no_tty": True}

    def lost() -> None:
        # An attached dyno whose answer was lost ends by itself: nobody comes to its rendezvous. Any other may have run.
        if not attach:
            raise Unreachable(
                f"Heroku did not answer: whether {app} has started it is not known",
                todo="./inv ps and ./inv logs tell; it was not asked for twice",
            )

    answer = client.post(f"/apps/{app}/dynos", body, found=lost, made=lambda found: found)
    return OneOff(answer["name"], answer.get("attach_url") or "")
