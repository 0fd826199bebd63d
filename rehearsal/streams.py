"""Output of builds and release phases: an append-only file that is read over HTTP while it is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

CHUNK = 64 * 1024


class OutputStream:
    """One stream. Nobody sees it (404) before the first ``write`` or ``close``, as on Heroku."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.closed = path.with_suffix(".end").exists()
        self._changed = asyncio.Event()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def visible(self) -> bool:
        return self.path.exists()

    def write(self, text: str) -> None:
        """Append text; lines end as the writer ends them."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(text.encode(errors="replace"))
        self._wake()

    def close(self) -> None:
        """Nothing more will come."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        self.path.with_suffix(".end").touch()
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def read(self, offset: int = 0, *, idle: float | None = None) -> AsyncIterator[bytes]:
        """Bytes from the offset to the end, waiting for more until the stream is closed.

        An empty chunk stands for ``idle`` seconds in which nothing came.
        """
        while True:
            changed, closed = self._changed, self.closed
            while chunk := self._chunk(offset):
                offset += len(chunk)
                yield chunk
            if closed:
                return
            try:
                await asyncio.wait_for(changed.wait(), idle)
            except TimeoutError:
                yield b""

    def _chunk(self, offset: int) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(CHUNK)


class Streams:
    """All streams of the rehearsal, by id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, OutputStream] = {}

    def get(self, identity: str) -> OutputStream:
        """The stream with this id; it need not exist yet."""
        if identity not in self._open:
            self._open[identity] = OutputStream(self._folder / f"{identity}.txt")
        return self._open[identity]

    def close_all(self) -> None:
        """Streams that somebody still writes to end here: their writer is gone after a restart."""
        for path in self._folder.glob("*.txt"):
            if not path.with_suffix(".end").exists():
                self.get(path.stem).close()
