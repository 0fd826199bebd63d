"""An app's log: its last lines, or all that comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from toolbelt.errors import ToolbeltError
from toolbelt.heroku import streams
from toolbelt.heroku.client import Client

REMEMBERED = 500  # lines, to know again what a new session tells a second time
AGAIN = 100  # lines that a new session begins with


def lines(client: Client, app: str, *, tail: bool = False, last: int = 100, dyno: str = "", source: str = "") -> Iterator[str]:
    """Log lines, the last ones first and then, with tail, every further one until the reader stops reading.

    dyno: ``web.1``, ``web`` or ``router``; source: ``app`` or ``heroku``. Log sessions end after a while: a new one takes over.
    """
    told: deque[str] = deque(maxlen=REMEMBERED)
    wanted = last
    while True:
        url = _session(client, app, tail=tail, last=wanted, dyno=dyno, source=source)
        again = list(told)
        try:
            for line in _lines(streams.follow(client, url, finished=lambda: True)):
                if line in again:
                    continue
                told.append(line)
                yield line
        except ToolbeltError:
            if not tail:
                raise
        if not tail:
            return
        wanted = AGAIN
        client.sleep(1)


def _session(client: Client, app: str, *, tail: bool, last: int, dyno: str, source: str) -> str:
    body: dict[str, object] = {"lines": last, "tail": tail}
    if dyno:
        # The router is no process type: `heroku logs --dyno router`.
        body |= {"dyno_name": dyno} if "." in dyno or dyno == "router" else {"type": dyno}
    if source:
        body["source"] = source
    return str(client.ask(f"/apps/{app}/log-sessions", body)["logplex_url"])


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from (line.rstrip("\r") for line in whole if line.strip())
    if rest.strip():
        yield rest
