"""Layers are compressed once, always to the same bytes, and found in whatever `docker save` writes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolbelt.artifacts import image, layers
from toolbelt.artifacts.layers import Cache


def _layer(number: int, size: int = 40_000) -> bytes:
    """A tar with one file in it, in parts compressible."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(f"file-{number}")
        content = random.Random(number).randbytes(size) + b"over and over " * 5000
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


LAYERS = [_layer(number) for number in range(4)]
IDS = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in LAYERS]


def _pieces(content: bytes, size: int = 7_001) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def _archive(entries: dict[str, bytes]) -> Iterator[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return _pieces(buffer.getvalue())


def _blob(content: bytes) -> str:
    return f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"


def _old() -> dict[str, bytes]:
    """docker-archive as engines before 25 write it: names say nothing of the content."""
    entries = {f"{number}" * 64 + "/layer.tar": layer for number, layer in enumerate(LAYERS)}
    return entries | {"manifest.json": json.dumps([{"Layers": list(entries)}]).encode()}


def _overlay() -> dict[str, bytes]:
    """Engines from 25 on with overlay2: both layouts in one, layers as they are."""
    config = b'{"rootfs": {}}'
    blobs = {_blob(each): each for each in [*reversed(LAYERS), config]}
    return blobs | {"index.json": b"{}", "manifest.json": b"[]", "oci-layout": b"{}"}


def _containerd() -> dict[str, bytes]:
    """The containerd image store: an OCI layout with layers as they were pulled or built, compressed."""
    packed = [gzip.compress(layer, mtime=number) for number, layer in enumerate(LAYERS)]
    # One of two members, as pigz and stargz write them.
    packed[0] = gzip.compress(LAYERS[0][:5000], mtime=0) + gzip.compress(LAYERS[0][5000:], mtime=0)
    blobs = {_blob(each): each for each in [b'{"schemaVersion": 2}', *packed]}
    return {"oci-layout": b"{}"} | blobs | {"index.json": b"{}", "manifest.json": b"[]"}


@pytest.mark.parametrize("written", [_old, _overlay, _containerd])
def test_layers_are_found_whatever_the_store(written, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    cache = Cache(tmp_path)
    found = image.pick(_archive(written()), cache, wanted=set(IDS), passed=frozenset())
    assert set(found) == set(IDS)
    for diff_id, plain in zip(IDS, LAYERS, strict=True):
        packed = cache.path(diff_id).read_bytes()
        assert gzip.decompress(packed) == plain
        assert found[diff_id].blob.digest == f"sha256:{hashlib.sha256(packed).hexdigest()}"
        assert found[diff_id].blob.size == len(packed)
        assert cache.get(diff_id) == found[diff_id]


def test_every_store_gives_the_same_blobs(tmp_path: Path) -> None:
    blobs = []
    for written in (_old, _overlay, _containerd):
        found = image.pick(_archive(written()), Cache(tmp_path / written.__name__), wanted=set(IDS), passed=frozenset())
        blobs.append([found[diff_id].blob for diff_id in IDS])
    assert blobs[0] == blobs[1] == blobs[2]


@pytest.mark.parametrize("written", [_overlay, _containerd])
def test_nothing_is_compressed_twice(written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    cache = Cache(tmp_path)
    image.pick(_archive(written()), cache, wanted=set(IDS), passed=frozenset())
    cache.drop(IDS[2])
    offered: list[str] = []
    offer = Cache.offer

    def counting(self: Cache, pieces: Iterator[bytes], wanted: set[str]):  # type: ignore[no-untyped-def]
        found = offer(self, pieces, wanted)
        offered.append(found.diff_id if found else "")
        return found

    monkeypatch.setattr(Cache, "offer", counting)
    image.pick(_archive(written()), cache, wanted={IDS[2]}, passed=frozenset(set(IDS) - {IDS[2]}))
    assert offered == [IDS[2]]


def test_the_same_bytes_however_they_come() -> None:
    content = _layer(9, size=3_500_000)
    results = []
    for size in (1 << 20, 70_001, len(content)):
        out = io.BytesIO()
        results.append((layers._compress(_pieces(content, size), out), out.getvalue()))
        assert gzip.decompress(out.getvalue()) == content
    assert results[0] == results[1] == results[2]
    words = b"".join(b"%d times seven is %d\n" % (n, 7 * n) for n in range(200_000))
    out = io.BytesIO()
    layers._compress(_pieces(words), out)
    assert len(out.getvalue()) < len(gzip.compress(words, 6)) * 1.005  # as small as from one hand
    assert results[0][1][4:8] == b"\0\0\0\0"  # no time in it


def test_a_layer_that_was_not_written_to_its_end_is_not_taken(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def cut() -> Iterator[bytes]:
        yield LAYERS[0][:10_000]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.offer(cut(), set(IDS))
    assert list(tmp_path.iterdir()) == []
    cache.offer(_pieces(LAYERS[0]), set(IDS))
    cache.path(IDS[0]).write_bytes(b"short")
    assert cache.get(IDS[0]) is None


def test_the_cache_keeps_what_was_used_last(tmp_path: Path) -> None:
    import os

    cache = Cache(tmp_path)
    for number, layer in enumerate(LAYERS):
        cache.offer(_pieces(layer), set(IDS))
        os.utime(cache._note(IDS[number]), (number, number))
    (tmp_path / ".part-left-behind").write_bytes(b"x")
    cache.touch(IDS[0])
    cache.sweep(keep=2 * 41_000)
    assert [cache.get(diff_id) is not None for diff_id in IDS] == [True, False, False, True]
    assert not list(tmp_path.glob(".part-*"))


def test_the_command_that_builds() -> None:
    argv = image.build_argv(Path("/src"), commit="abc", version="1", tag="mine:abc", idfile=Path("/tmp/id"))
    assert argv == [
        "docker", "buildx", "build", "--platform", "linux/amd64", "--provenance=false", "--sbom=false",
        "--target", "production", "--build-arg", "COMMIT=abc", "--build-arg", "VERSION=1",
        "--tag", "mine:abc", "--iidfile", "/tmp/id", "--load", "/src",
    ]  # fmt: skip
