"""The router's lines in an app's log: every request that came, with what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from toolbelt.heroku import logs
from toolbelt.heroku.client import Client

LAST = 1500  # lines: as many as Logplex keeps of an app
LINE = re.compile(r"^(?P<when>\S+) heroku\[router\]: (?P<words>.*)$")
WORD = re.compile(r'(\w+)=("[^"]*"|\S*)')


@dataclass(frozen=True)
class Request:
    """A request as the router tells of it. code: H12 and the like, "" where it has nothing to say; milliseconds: until
    the dyno had answered."""

    when: datetime
    path: str
    status: int
    code: str = ""
    dyno: str = ""
    milliseconds: int = 0


def parse(line: str) -> Request | None:
    """A log line; None for one that is not of a request."""
    found = LINE.match(line)
    if found is None:
        return None
    words = {name: value.strip('"') for name, value in WORD.findall(found["words"])}
    with suppress(ValueError):
        return Request(
            when=datetime.fromisoformat(found["when"].replace("Z", "+00:00")),
            path=words.get("path", ""),
            status=int(words.get("status") or 0),
            code=words.get("code", ""),
            dyno=words.get("dyno", ""),
            milliseconds=int(words.get("service", "").removesuffix("ms") or 0),
        )
    return None


def requests(client: Client, app: str, *, since: datetime) -> Iterator[Request]:
    """Requests since then, as far back as the log goes. Raises ToolbeltError where there is no log to be had."""
    for line in logs.lines(client, app, last=LAST, dyno="router", source="heroku"):
        found = parse(line)
        if found is not None and found.when >= since:
            yield found
