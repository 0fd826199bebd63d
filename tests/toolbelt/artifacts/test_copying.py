"""Images from repository to repository: mounted where it can be, streamed where not, cut and gone on with."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest

from toolbelt.artifacts import copying
from toolbelt.artifacts.contents import MANIFEST, Blob
from toolbelt.artifacts.copying import Copied, Pinned
from toolbelt.artifacts.registry import Registry, RegistryError
from toolbelt.secret import Secret

LAYER = bytes(range(256)) * 4000  # a megabyte
SMALL = b"small"
MOST = 300_000  # of a blob in one piece


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Kept(httpx.BaseTransport):
    """A registry in memory, spoken to as over a line: bodies come and go in pieces, and never as a whole."""

    def __init__(self, *, mounts: bool = True, ranges: bool = True, cut: int = 0) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[str, bytes] = {}
        self.mounts, self.ranges, self.cut = mounts, ranges, cut
        self.asked: list[str] = []
        self.largest = 0
        self.got: dict[str, bytes] = {}
        self.numbers = itertools.count()

    def push(self, repository: str, command: str, *layers: bytes, kind: str = MANIFEST) -> str:
        """An image in a repository; the digest of its config."""
        config = json.dumps({"config": {"Cmd": [command], "Env": ["COMMIT=c0ffee"]}}).encode()
        for content in (config, *layers):
            self.blobs[repository, digest(content)] = content
        told = [{"digest": digest(content), "size": len(content)} for content in (config, *layers)]
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": told[0], "layers": told[1:]}
        self.manifests[repository] = json.dumps(manifest, indent=3).encode()  # not as we would write it
        return digest(config)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        found = re.match(r"/v2/(.+?)/(manifests|blobs)/(.*)", request.url.path)
        assert found
        repository, kind, rest = found.groups()
        if kind == "manifests":
            if request.method == "PUT":
                self.manifests[repository] = request.read()
                return httpx.Response(201)
            content = self.manifests.get(repository)
            return httpx.Response(404) if content is None else httpx.Response(200, content=content)
        if request.method in ("GET", "HEAD") and not rest.startswith("uploads"):
            return self._blob(request, repository, rest)
        return self._upload(request, repository)

    def _blob(self, request: httpx.Request, repository: str, wanted: str) -> httpx.Response:
        content = self.blobs.get((repository, wanted))
        if content is None:
            return httpx.Response(404)
        if request.method == "HEAD":
            return httpx.Response(200)
        begin = int(request.headers.get("Range", "bytes=0-")[6:-1]) if self.ranges else 0

        def pieces() -> Iterator[bytes]:
            for offset in range(begin, len(content), MOST):
                if self.cut and offset >= MOST:
                    self.cut -= 1
                    raise httpx.ReadError("cut")
                yield content[offset : offset + MOST]

        return httpx.Response(206 if begin else 200, content=pieces())

    def _upload(self, request: httpx.Request, repository: str) -> httpx.Response:
        place = request.url.path
        if request.method == "POST":
            mount, source = request.url.params.get("mount"), request.url.params.get("from")
            if mount and self.mounts and (source, mount) in self.blobs:
                self.blobs[repository, mount] = self.blobs[source, mount]
                return httpx.Response(201)
            self.got[place := f"{place}{next(self.numbers)}"] = b""
            return httpx.Response(202, headers={"Location": place})
        if request.method == "PATCH":
            assert int(request.headers.get("Content-Range", "0-").partition("-")[0]) == len(self.got[place])
            for piece in request.stream:  # type: ignore[union-attr]
                self.largest = max(self.largest, len(piece))
                self.got[place] += piece
            return httpx.Response(202, headers={"Location": place})
        if request.method == "GET":
            return httpx.Response(204, headers={"Range": f"0-{len(self.got[place]) - 1}"})
        assert digest(self.got[place]) == request.url.params["digest"]
        self.blobs[repository, digest(self.got[place])] = self.got[place]
        return httpx.Response(201)


def registry(door: Kept) -> Registry:
    return Registry("https://registry.example", Secret("t"), transport=door, sleep=lambda _seconds: None)


def images(source: Registry, *types: str) -> list[Pinned]:
    found = [copying.pin(source, "old", name) for name in types]
    assert all(found)
    return [each for each in found if each is not None]


def copied(source: Registry, target: Registry, *types: str, mountable: bool = False) -> Copied:
    pinned = images(source, *types)
    return copying.copy(
        source, "old", target, "new", pinned, mountable=mountable, progress=lambda _total: nullcontext(lambda _size: None)
    )


def test_within_one_registry_everything_is_mounted_and_the_manifest_is_the_same_byte_by_byte() -> None:
    door = Kept()
    config = door.push("old/web", "web", LAYER, SMALL)
    door.push("old/worker", "worker", LAYER, SMALL)
    made = registry(door)
    assert copied(made, made, "web", "worker", mountable=True) == Copied((), 6, 0)
    assert door.manifests["new/web"] == door.manifests["old/web"]
    assert door.blobs["new/web", config] == door.blobs["old/web", config]
    assert made.traffic.sent == sum(len(door.manifests[f"old/{name}"]) for name in ("web", "worker"))
    assert copied(made, made, "web", "worker", mountable=True) == Copied(("web", "worker"), 0, 0)


def test_between_registries_each_blob_goes_through_here_once_and_in_pieces() -> None:
    here, there = Kept(), Kept()
    for name in ("web", "worker"):
        here.push(f"old/{name}", name, LAYER)
    source, target = registry(here), registry(there)
    assert copied(source, target, "web", "worker") == Copied((), 1, 3)  # the layer, and a config for each
    assert there.blobs["new/worker", digest(LAYER)] == LAYER
    assert there.manifests["new/worker"] == here.manifests["old/worker"]
    assert here.asked.count(f"GET /v2/old/web/blobs/{digest(LAYER)}") == 1
    assert 0 < there.largest < len(LAYER) / 2


def test_a_registry_that_does_not_mount_gets_it_streamed() -> None:
    door = Kept(mounts=False)
    door.push("old/web", "web", LAYER)
    made = registry(door)
    assert copied(made, made, "web", mountable=True) == Copied((), 0, 2)
    assert door.blobs["new/web", digest(LAYER)] == LAYER


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_is_cut_arrives_all_the_same(ranges: bool) -> None:
    here, there = Kept(cut=2, ranges=ranges), Kept()
    here.push("old/web", "web", LAYER)
    assert copied(registry(here), registry(there), "web").sent == 2
    assert there.blobs["new/web", digest(LAYER)] == LAYER


def test_a_layer_comes_into_a_file_in_pieces_also_where_it_is_cut(tmp_path: Path) -> None:
    door, large = Kept(cut=2), LAYER * 16
    door.push("old/web", "web", large)
    to = tmp_path / "layers" / "one"
    tracemalloc.start()
    try:
        registry(door).download("old/web", Blob(digest(large), len(large)), to)
        assert tracemalloc.get_traced_memory()[1] < len(large) / 3
    finally:
        tracemalloc.stop()
    assert to.read_bytes() == large


def test_a_layer_that_is_another_one_leaves_nothing_behind(tmp_path: Path) -> None:
    door = Kept()
    door.blobs["old/web", digest(LAYER)] = SMALL
    with pytest.raises(RegistryError, match="another layer than it was asked for"):
        registry(door).download("old/web", Blob(digest(LAYER), len(LAYER)), tmp_path / "one")
    assert not list(tmp_path.iterdir())


def test_what_is_pinned_is_what_the_config_says() -> None:
    door = Kept()
    config = door.push("old/web", "python web.py", LAYER)
    (image,) = images(registry(door), "web")
    assert (image.digest, image.command, image.commit) == (config, "python web.py", "c0ffee")
    assert image.size == len(LAYER) + len(door.blobs["old/web", config])
    assert copying.pin(registry(door), "old", "worker") is None


def test_an_index_is_no_image_that_heroku_runs() -> None:
    door = Kept()
    door.push("old/web", "web", kind="application/vnd.oci.image.manifest.v1+json")
    with pytest.raises(RegistryError, match="no image as Heroku runs it"):
        copying.pin(registry(door), "old", "web")


def test_a_config_that_is_another_than_its_digest_says_is_refused() -> None:
    door = Kept()
    config = door.push("old/web", "web")
    door.blobs["old/web", config] = b"{}"
    with pytest.raises(RegistryError, match="another config"):
        copying.pin(registry(door), "old", "web")
