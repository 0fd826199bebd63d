"""Output that is still being written: followed to its end, over cuts, without loss or repeats.

Heroku gives build and release output as text/plain, resumed by ``Range``, or as text/event-stream, resumed by
``Last-Event-Id`` (the schema's text on output_stream_url). At first there is nothing there: 404.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from toolbelt.addresses import shown
from toolbelt.errors import ToolbeltError
from toolbelt.heroku.client import Client, Cut

PATIENCE = 60  # looks in a row that bring nothing; the Heroku CLI has patience for 30
UNWRITTEN = 5  # looks at a stream that is not there although its writer has ended
EVENTS = "text/event-stream"


class Look(Enum):
    """How one look at the stream ended."""

    ENDED = auto()  # as a whole answer ends
    CUT = auto()  # the connection broke
    MISSING = auto()  # 404, or Heroku has a problem
    NOTHING = auto()  # 416: not one byte more than we have


@dataclass
class Place:
    """Where in a stream we are: the bytes that were read, the id of the last whole event."""

    offset: int = 0
    event: str = ""
    moved: bool = False
    seen: set[str] = field(default_factory=set)

    def headers(self) -> dict[str, str]:
        # Which of the two comes is the server's choice: Heroku's log sessions are events, its output is mostly not.
        # What is counted are the bytes as they were written: nothing compressed.
        asked = {"Accept": f"text/plain, {EVENTS};q=0.9", "Accept-Encoding": "identity"}
        if self.event:
            return asked | {"Last-Event-Id": self.event}
        return asked | ({"Range": f"bytes={self.offset}-"} if self.offset else {})


def follow(client: Client, url: str, *, finished: Callable[[], bool], patience: int = PATIENCE) -> Iterator[str]:
    """The text of a stream, piece by piece, until its end.

    finished tells whether what writes the stream has ended: a stream that ends before that was cut. Raises
    ToolbeltError where nothing comes within ``patience`` looks, about as many seconds.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for piece in _pieces(client, url, finished, patience):
        if text := decoder.decode(piece):
            yield text
    if rest := decoder.decode(b"", final=True):
        yield rest


def _pieces(client: Client, url: str, finished: Callable[[], bool], patience: int) -> Iterator[bytes]:
    place = Place()
    vain = 0
    over = False  # the writer had ended before the look began: what the look finds is all there is
    while True:
        place.moved = False
        look = yield from _look(client, url, place)
        vain = 0 if place.moved else vain + 1
        if over and (look in (Look.ENDED, Look.NOTHING) or (look is Look.MISSING and vain > UNWRITTEN)):
            return
        if vain > patience:
            raise ToolbeltError("The output does not come", finding=f"GET {shown(url)}", todo="Type the same again")
        over = over or finished()
        if over and look is Look.ENDED:
            return
        if not place.moved:
            client.sleep(min(1.0, 0.25 * vain))


def _look(client: Client, url: str, place: Place) -> Generator[bytes, None, Look]:
    try:
        with client.stream(url, place.headers()) as answer:
            if answer.status_code == 416:
                return Look.NOTHING
            if answer.status_code == 404 or answer.status_code >= 500:
                return Look.MISSING
            if answer.status_code >= 400:
                raise ToolbeltError("The output cannot be read", finding=f"GET {shown(url)}: HTTP status {answer.status_code}")
            # Heroku keeps a quiet stream open with NUL bytes. They are not in the stream: a Range does not count them.
            pieces = (piece.replace(b"\0", b"") for piece in answer.iter_bytes())
            if answer.headers.get("Content-Type", "").startswith(EVENTS):
                yield from _events(pieces, place)
            else:
                begins = _begin(answer.headers.get("Content-Range", "")) if answer.status_code == 206 else 0
                yield from _plain(pieces, place, known=place.offset - begins)
    except Cut:
        return Look.CUT
    return Look.ENDED


def _begin(content_range: str) -> int:
    found = re.match(r"bytes (\d+)-", content_range)
    if found is None:
        raise ToolbeltError("The output cannot be resumed", finding=f"Content-Range: {content_range!r}")
    return int(found[1])


def _plain(pieces: Iterable[bytes], place: Place, *, known: int) -> Iterator[bytes]:
    """What comes behind the ``known`` first bytes of this answer."""
    for piece in pieces:
        fresh = piece[known:] if known > 0 else piece
        known = max(0, known - len(piece))
        if fresh:
            place.offset += len(fresh)
            place.moved = True
            yield fresh


def _events(pieces: Iterable[bytes], place: Place) -> Iterator[bytes]:
    """The data of each whole event, as lines; an event that was cut comes again. One of a type of its own is about the
    stream, not in it (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)."""
    buffer, name, kind, data = b"", "", b"", list[bytes]()
    for piece in pieces:
        *lines, buffer = (buffer + piece).split(b"\n")
        for line in lines:
            key, _, value = line.rstrip(b"\r").partition(b":")
            value = value.removeprefix(b" ")
            if key == b"id":
                name = value.decode(errors="replace")
            elif key == b"event":
                kind = value
            elif key == b"data":
                data.append(value)
            elif not line.rstrip(b"\r"):
                if data and kind in (b"", b"message") and (not name or name not in place.seen):
                    place.event, place.moved = name or place.event, True
                    place.seen.add(name)
                    content = b"\n".join(data)
                    yield content if content.endswith(b"\n") else content + b"\n"
                name, kind, data = "", b"", []
