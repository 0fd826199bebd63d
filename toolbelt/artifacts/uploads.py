"""A blob on its way to a registry: sent as `docker push` sends it, resumed or begun again when it is cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from toolbelt.artifacts.contents import Blob
from toolbelt.artifacts.registry import ATTEMPTS, Broken, Registry, RegistryError, Stopped, again

PIECE = 1 << 16


# All of it, a file, or what gives its pieces from an offset on.
Content = bytes | Path | Callable[[int], Iterator[bytes]]


def upload(registry: Registry, repository: str, blob: Blob, content: Content, progress: Callable[[int], None]) -> None:
    """Send a blob; progress is called with bytes as they go, negative where some have to go again."""
    Upload(registry, repository, blob, content, progress).run()


@dataclass
class Upload:
    """One blob. place: where the registry wants it, "" before it was asked; offset: how much of it has arrived;
    counted: how much of it was told of."""

    registry: Registry
    repository: str
    blob: Blob
    content: Content
    progress: Callable[[int], None]
    place: str = ""
    offset: int = 0
    counted: int = 0

    def run(self) -> None:
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            resumed = bool(self.place)
            try:
                return self._attempt()
            except Broken as error:
                if last:
                    raise self.registry.silent(error) from None
            except RegistryError as error:
                # What was cut may be lost to the registry (registry:3 gives it up), which shows only when it goes on.
                if last or not resumed or error.status_code in (401, 403):
                    raise
                self.place = ""
            self.registry.pause(attempt)
            if self._arrived():
                return None
        return None

    def _attempt(self) -> None:
        if not self.place:
            answer = self.registry.send("POST", f"/v2/{self.repository}/blobs/uploads/", content=b"")
            self.registry.check(answer, f"The registry does not take an image: {self.repository}")
            self.place, self.offset = self.registry.location(answer), 0
        self.progress(self.offset - self.counted)
        self.counted = self.offset
        self._append()
        answer = self.registry.send("PUT", self.place, query={"digest": self.blob.digest}, content=b"", retried=False)
        if again(answer):
            raise Broken(f"HTTP status {answer.status_code}")
        self.registry.check(answer, f"The registry does not take a layer: {self.repository}")

    def _append(self) -> None:
        """Send what the registry has not got yet."""
        left = self.blob.size - self.offset
        if not left:
            return
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(left)}
        if self.offset:
            headers["Content-Range"] = f"{self.offset}-{self.blob.size - 1}"
        answer = self.registry.send("PATCH", self.place, headers=headers, body=self._pieces, retried=False)
        if answer.status_code == 401:
            self.registry.forget()
        if again(answer) or answer.status_code == 401:
            raise Broken(f"HTTP status {answer.status_code}")
        self.registry.check(answer, f"The registry does not take a layer: {self.repository}")
        self.place = self.registry.location(answer)

    def _arrived(self) -> bool:
        """After a cut: True if it is all there; else finds where to go on, from the beginning if nowhere else."""
        place, self.place, self.offset = self.place, "", 0
        try:
            if self.registry.has(self.repository, self.blob.digest):
                return True
            if place:
                answer = self.registry.send("GET", place)
                found = re.match(r"(?:bytes=)?0-(\d+)", answer.headers.get("Range", ""))
                if answer.status_code == 204 and found and int(found[1]):  # 0-0 is said of nothing at all
                    self.place = self.registry.location(answer, place)
                    self.offset = min(int(found[1]) + 1, self.blob.size)
        except RegistryError:
            pass  # the next attempt tells, by what it is answered
        return False

    def _pieces(self) -> Iterator[bytes]:
        if isinstance(self.content, bytes):
            yield self._counted(self.content[self.offset :])
            return
        if not isinstance(self.content, Path):
            yield from map(self._counted, self.content(self.offset))
            return
        with self.content.open("rb") as file:
            file.seek(self.offset)
            while piece := file.read(PIECE):
                yield self._counted(piece)

    def _counted(self, piece: bytes) -> bytes:
        if self.registry.stopped.is_set():
            raise Stopped
        self.registry.count(len(piece))
        self.counted += len(piece)
        self.progress(len(piece))
        return piece
