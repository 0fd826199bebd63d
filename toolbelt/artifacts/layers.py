"""Layers, compressed once: a cache by diff id below .djheroku/cache/layers."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from toolbelt.artifacts.contents import Blob, Layer

BLOCK = 1 << 20
LEVEL = 6
KEPT = 3_000_000_000  # bytes: a dozen images that differ in their dependencies
# RFC 1952: magic, deflate, no flags, no time, no extra, unknown system. No time, so that the same is the same.
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True)
class Cache:
    """Compressed layers: for each ``<diff id>.gz`` and ``<diff id>.json``, the latter written last."""

    folder: Path

    def get(self, diff_id: str) -> Layer | None:
        try:
            found = json.loads(self._note(diff_id).read_text())
            blob = Blob(found["digest"], found["size"])
            if self.path(diff_id).stat().st_size != blob.size:
                return None
        except (OSError, ValueError, KeyError):
            return None
        return Layer(diff_id, blob)

    def path(self, diff_id: str) -> Path:
        """Where the compressed layer lies."""
        return self.folder / f"{_hex(diff_id)}.gz"

    def _note(self, diff_id: str) -> Path:
        return self.folder / f"{_hex(diff_id)}.json"

    def drop(self, diff_id: str) -> None:
        """Forget a layer: it was not what it should be."""
        self._note(diff_id).unlink(missing_ok=True)
        self.path(diff_id).unlink(missing_ok=True)

    def offer(self, pieces: Iterable[bytes], wanted: set[str]) -> Layer | None:
        """Compress what comes, and keep it if it turns out to be one of the wanted diff ids."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".part-")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                diff_id, blob = _compress(pieces, file)
            if diff_id not in wanted:
                return None
            part.replace(self.path(diff_id))
            _write(self._note(diff_id), json.dumps({"digest": blob.digest, "size": blob.size}))
            return Layer(diff_id, blob)
        finally:
            part.unlink(missing_ok=True)

    def alias(self, digest: str) -> str:
        """The diff id of a layer that an image store keeps compressed under ``digest``, "" if not known."""
        with suppress(OSError):
            return (self.folder / f"{_hex(digest)}.alias").read_text()
        return ""

    def remember(self, digest: str, diff_id: str) -> None:
        _write(self.folder / f"{_hex(digest)}.alias", diff_id)

    def sweep(self, *, keep: int = KEPT) -> None:
        """Leave the layers that were used last, ``keep`` bytes of them; what an interrupted run has left goes."""
        for path in self.folder.glob(".part-*"):
            path.unlink(missing_ok=True)
        used = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in used:
            layer = self.get(diff_id := f"sha256:{path.stem}")
            keep -= layer.blob.size if layer else 0
            if layer is None or keep < 0:
                self.drop(diff_id)

    def touch(self, diff_id: str) -> None:
        """It was used just now."""
        with suppress(OSError):
            os.utime(self._note(diff_id))


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    part.write_text(text)
    part.replace(path)


def _compress(pieces: Iterable[bytes], file: IO[bytes]) -> tuple[str, Blob]:
    """Write the gzip of the pieces; returns the digest of what came and the blob that was written.

    Blocks are deflated side by side, as pigz does: one ordinary gzip member, as small as from one hand but for a
    few thousandths, and the same bytes with any number of processors.
    """
    plain, packed = hashlib.sha256(), hashlib.sha256()
    check = length = size = 0

    def out(data: bytes) -> None:
        nonlocal size
        packed.update(data)
        file.write(data)
        size += len(data)

    out(HEADER)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting: deque[Future[bytes]] = deque()
        for block in _blocks(pieces):
            plain.update(block)
            check = zlib.crc32(block, check)
            length += len(block)
            waiting.append(pool.submit(_deflate, block))
            while len(waiting) > 2 * (os.cpu_count() or 1):
                out(waiting.popleft().result())
        for future in waiting:
            out(future.result())
    out(b"\x03\x00" + struct.pack("<II", check, length & 0xFFFFFFFF))  # an empty last block, then the trailer
    return f"sha256:{plain.hexdigest()}", Blob(f"sha256:{packed.hexdigest()}", size)


def _deflate(block: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= BLOCK:
            yield bytes(buffer[:BLOCK])
            del buffer[:BLOCK]
    if buffer:
        yield bytes(buffer)
