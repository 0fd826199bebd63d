"""Logplex: the newest lines of every app, and sessions that read them, past and to come.

A line looks as Heroku's: ``2026-11-21T10:00:00.123456+00:00 app[web.1]: text``. ``source`` is ``app`` (what the app
itself prints, and what the API says about it: ``app[api]``) or ``heroku`` (router, dyno manager).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

LONGEST = 10_000  # bytes; Logplex cuts longer lines in pieces
QUEUE = 5_000  # lines that a slow reader may be behind before it loses some (Heroku: L11)


@dataclass(frozen=True)
class Line:
    number: int
    time: str
    source: str
    process: str
    text: str

    def __str__(self) -> str:
        return f"{self.time} {self.source}[{self.process}]: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which lines a session wants; empty means all. dyno: ``web.1``; type: ``web``; source: ``app`` or ``heroku``."""

    source: str = ""
    dyno: str = ""
    type: str = ""

    def wants(self, line: Line) -> bool:
        if self.source and line.source != self.source:
            return False
        if self.dyno and line.process != self.dyno:
            # A dyno's name without a number means all of its type, as in `heroku logs --dyno web`.
            return "." not in self.dyno and line.process.partition(".")[0] == self.dyno
        return not self.type or line.process.partition(".")[0] == self.type


@dataclass
class Buffer:
    lines: deque[Line]
    readers: set[asyncio.Queue[Line | None]] = field(default_factory=set)
    number: int = 0


class Logs:
    """Every app's buffer, and below ``folder`` a file of each, so that history survives a restart."""

    def __init__(self, folder: Path, *, keep: int) -> None:
        self._folder = folder
        self._keep = keep
        self._apps: dict[str, Buffer] = {}

    def _buffer(self, app_id: str) -> Buffer:
        if app_id not in self._apps:
            self._apps[app_id] = Buffer(deque(maxlen=self._keep))
            self._apps[app_id].lines.extend(self._remembered(app_id))
            self._apps[app_id].number = len(self._apps[app_id].lines)
        return self._apps[app_id]

    def _remembered(self, app_id: str) -> Iterable[Line]:
        path = self._path(app_id)
        if not path.exists():
            return
        for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines()[-self._keep :], start=1):
            time, _, rest = raw.partition(" ")
            origin, _, text = rest.partition("]: ")
            source, _, process = origin.partition("[")
            yield Line(number, time, source, process, text)

    def _path(self, app_id: str) -> Path:
        return self._folder / f"{app_id}.log"

    def write(self, app_id: str, source: str, process: str, text: str) -> None:
        """Add a text, line by line."""
        for piece in text.splitlines() or [""]:
            while True:
                self._add(app_id, source, process, piece[:LONGEST])
                piece = piece[LONGEST:]
                if not piece:
                    break

    def _add(self, app_id: str, source: str, process: str, text: str) -> None:
        buffer = self._buffer(app_id)
        buffer.number += 1
        time = datetime.now(UTC).isoformat(timespec="microseconds")
        line = Line(buffer.number, time, source, process, text.replace("\x00", ""))
        buffer.lines.append(line)
        for queue in buffer.readers:
            if not queue.full():
                queue.put_nowait(line)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(app_id)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        if buffer.number % (self._keep * 4) == 0:  # the file has grown well past what anybody can ask for
            path.write_text("".join(f"{each}\n" for each in buffer.lines), encoding="utf-8")

    def heroku(self, app_id: str, process: str, text: str) -> None:
        self.write(app_id, "heroku", process, text)

    def api(self, app_id: str, text: str) -> None:
        self.write(app_id, "app", "api", text)

    async def session(self, app_id: str, wanted: Filter, *, lines: int, tail: bool, after: int = 0) -> AsyncIterator[Line]:
        """The newest ``lines`` lines that are wanted, oldest first; then, with ``tail``, those to come, for ever.

        after: skip lines up to this number, which a reader that was cut has seen.
        """
        buffer = self._buffer(app_id)
        queue: asyncio.Queue[Line | None] = asyncio.Queue(QUEUE)
        if tail:
            buffer.readers.add(queue)
        try:
            past = [line for line in buffer.lines if wanted.wants(line)]
            for line in (past[-lines:] if lines > 0 else []) if not after else past:
                if line.number > after:
                    yield line
            while tail and (line_ := await queue.get()) is not None:
                if wanted.wants(line_):
                    yield line_
        finally:
            buffer.readers.discard(queue)

    def forget(self, app_id: str) -> None:
        """The app is gone: its readers end."""
        self._end(self._apps.pop(app_id, None))
        self._path(app_id).unlink(missing_ok=True)

    def close(self) -> None:
        """All readers end."""
        for buffer in self._apps.values():
            self._end(buffer)

    @staticmethod
    def _end(buffer: Buffer | None) -> None:
        for queue in buffer.readers if buffer else ():
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
