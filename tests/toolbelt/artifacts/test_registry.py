"""The uploader, against a real registry:3 over a line that may break."""

from __future__ import annotations

import gzip
import json
import random
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.toolbelt.artifacts.cutting import Line
from tests.waiting import until
from toolbelt.artifacts import contents, shipping
from toolbelt.artifacts.contents import Built, Image
from toolbelt.artifacts.layers import Cache
from toolbelt.artifacts.registry import Registry
from toolbelt.secret import Secret

pytestmark = pytest.mark.docker
PROCFILE = {"release": "python manage.py migrate", "web": "gunicorn site", "worker": "python manage.py rqworker"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A registry of our own, as it comes."""
    name = f"djheroku-test-registry-{uuid4().hex[:8]}"
    argv = ["docker", "run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::5000", "registry:3"]
    subprocess.run(argv, check=True, capture_output=True)
    try:
        shown = subprocess.run(["docker", "port", name, "5000"], check=True, capture_output=True, text=True).stdout
        number = int(shown.strip().rpartition(":")[2])
        until(lambda: _answers(number), what="the registry answers")
        yield number
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True)


def _answers(number: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{number}/v2/").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def app() -> str:
    return f"app-{uuid4().hex[:8]}"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "layers")


def registry(url: str) -> Registry:
    return Registry(url, Secret("token"), sleep=lambda _seconds: None)


def images(cache: Cache, *seeds: int, size: int = 300_000, created: str = "2026-11-20") -> tuple[Image, ...]:
    layers = [cache.offer(iter([random.Random(seed).randbytes(size)]), _any()) for seed in seeds]
    made = [layer for layer in layers if layer is not None]
    built = Built("id", "amd64", "linux", created, {"Env": ["A=1"]}, tuple(layer.diff_id for layer in made))
    return contents.images(built, made, PROCFILE)


class _Everything(set[str]):
    def __contains__(self, _item: object) -> bool:
        return True


def _any() -> set[str]:
    return _Everything()


@contextmanager
def quiet(_total: int) -> Iterator[object]:
    yield lambda _size: None


def ship(door: Registry, app: str, made: tuple[Image, ...], cache: Cache) -> shipping.Shipped:
    return shipping.ship(door, app, made, cache, progress=quiet)  # type: ignore[arg-type]


def _check(door: Registry, app: str, made: tuple[Image, ...], cache: Cache) -> None:
    """What is in the registry is what was sent, byte by byte."""
    for image in made:
        found = door.manifest(f"{app}/{image.process_type}")
        assert found is not None
        assert found[0] == image.manifest
        assert found[1]["config"]["digest"] == image.digest
        for layer in image.layers:
            answer = httpx.get(f"{door.base}/v2/{app}/{image.process_type}/blobs/{layer.blob.digest}")
            assert gzip.decompress(answer.content) == gzip.decompress(cache.path(layer.diff_id).read_bytes())


def test_three_process_types_cost_one_set_of_layers(port: int, app: str, cache: Cache) -> None:
    door = registry(f"http://127.0.0.1:{port}")
    made = images(cache, 1, 2)
    ship(door, app, made, cache)
    _check(door, app, made, cache)
    layers = sum(layer.blob.size for layer in made[0].layers)
    small = sum(len(image.config) + len(image.manifest) for image in made)
    assert door.traffic.sent == layers + small


def test_nothing_is_sent_where_nothing_has_changed(port: int, app: str, cache: Cache) -> None:
    made = images(cache, 3, 4)
    ship(registry(f"http://127.0.0.1:{port}"), app, made, cache)
    door = registry(f"http://127.0.0.1:{port}")
    assert ship(door, app, made, cache).unchanged == ("release", "web", "worker")
    assert door.traffic.sent == 0
    assert door.traffic.requests == 3


def test_one_new_layer_is_all_that_is_sent(port: int, app: str, cache: Cache) -> None:
    ship(registry(f"http://127.0.0.1:{port}"), app, images(cache, 5, 6), cache)
    door = registry(f"http://127.0.0.1:{port}")
    made = (*images(cache, 5, 6)[0].layers,)
    fresh = cache.offer(iter([b"one line" * 1000]), _any())
    assert fresh is not None
    built = Built("id", "amd64", "linux", "later", {}, tuple(layer.diff_id for layer in (*made, fresh)))
    changed = contents.images(built, [*made, fresh], PROCFILE)
    ship(door, app, changed, cache)
    _check(door, app, changed, cache)
    assert door.traffic.sent < 10_000


def test_layers_are_known_from_the_registry_without_a_cache(port: int, app: str, cache: Cache, tmp_path: Path) -> None:
    """As on a fresh CI runner: nothing is compressed, and a new process type's layers are mounted."""
    made = images(cache, 7, 8)
    door = registry(f"http://127.0.0.1:{port}")
    ship(door, app, made[:2], cache)
    known = shipping.known(door, app, ["nothing", "web"])
    assert list(known.values()) == list(made[0].layers)
    fresh = registry(f"http://127.0.0.1:{port}")
    ship(fresh, app, made, Cache(tmp_path / "empty"))
    _check(fresh, app, made, cache)
    assert fresh.traffic.sent == len(made[2].config) + len(made[2].manifest)


def test_where_nothing_is_mounted_a_layer_takes_the_long_way(port: int, app: str, cache: Cache, tmp_path: Path) -> None:
    made = images(cache, 9)
    door = registry(f"http://127.0.0.1:{port}")
    ship(door, app, made[:1], cache)
    fresh = registry(f"http://127.0.0.1:{port}")
    fresh.mount = lambda *_words, **_more: False  # type: ignore[method-assign]
    ship(fresh, app, made, Cache(tmp_path / "empty"))
    _check(fresh, app, made, cache)


@pytest.mark.parametrize("cuts", [(200_000,), (150_000, 150_000, 400_000), (100_000,) * 5])
def test_a_cut_upload_begins_again_cleanly(cuts: tuple[int, ...], port: int, app: str, cache: Cache) -> None:
    """registry:3 gives an upload up when a request is cut: its state says how much there was before."""
    line = Line(port, *cuts)
    made = images(cache, hash(cuts) % 1000 + 10, size=900_000)
    door = registry(line.url)
    ship(door, app, made, cache)
    assert line.made == len(cuts)
    _check(registry(f"http://127.0.0.1:{port}"), app, made, cache)
    line.close()


def test_a_person_who_ends_it_is_obeyed_and_the_next_run_carries_on(port: int, app: str, cache: Cache) -> None:
    made = images(cache, 81, 82, 83, size=6_000_000)
    door = registry(f"http://127.0.0.1:{port}")
    gone = threading.Event()

    @contextmanager
    def interrupting(_total: int) -> Iterator[object]:
        def advance(size: int) -> None:
            if size > 0 and not gone.is_set() and door.traffic.sent > 500_000:
                gone.set()
                raise KeyboardInterrupt

        yield advance

    with pytest.raises(KeyboardInterrupt):
        shipping.ship(door, app, made, cache, progress=interrupting)  # type: ignore[arg-type]
    assert door.traffic.sent < 12_000_000
    assert door.manifest(f"{app}/release") is None
    again = registry(f"http://127.0.0.1:{port}")
    ship(again, app, made, cache)
    _check(again, app, made, cache)


def test_what_an_unfinished_run_has_sent_is_not_sent_again(port: int, app: str, cache: Cache) -> None:
    made = images(cache, 84, 85)
    door = registry(f"http://127.0.0.1:{port}")

    def refused(*_words: object) -> None:
        raise KeyboardInterrupt

    door.publish = refused  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        ship(door, app, made, cache)
    again = registry(f"http://127.0.0.1:{port}")
    ship(again, app, made, cache)
    _check(again, app, made, cache)
    assert again.traffic.sent == sum(len(image.manifest) for image in made)


def test_a_layer_that_is_not_what_it_should_be_is_refused(port: int, app: str, cache: Cache) -> None:
    made = images(cache, 91)
    path = cache.path(made[0].layers[0].diff_id)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(Exception, match="does not take a layer") as caught:
        ship(registry(f"http://127.0.0.1:{port}"), app, made, cache)
    assert "digest" in str(caught.value.finding).lower()  # type: ignore[attr-defined]


def test_docker_pulls_what_was_sent_and_calls_it_by_our_digest(port: int, app: str, cache: Cache) -> None:
    """The engine as an independent reader: manifest, config and layers make an image that it takes and runs."""
    built = _scratch(cache)
    ship(registry(f"http://127.0.0.1:{port}"), app, built, cache)
    reference = f"127.0.0.1:{port}/{app}/web"
    subprocess.run(["docker", "pull", "--quiet", reference], check=True, capture_output=True)
    try:
        shown = subprocess.run(["docker", "image", "inspect", reference], check=True, capture_output=True, text=True)
        found = json.loads(shown.stdout)[0]
        assert found["Config"]["Cmd"] == ["gunicorn", "site"]
        web = next(image for image in built if image.process_type == "web")
        # With the containerd store Id is the manifest's digest instead.
        assert found["Id"] in (web.digest, contents.sha256(web.manifest))
    finally:
        subprocess.run(["docker", "image", "rm", reference], check=False, capture_output=True)


def _scratch(cache: Cache) -> tuple[Image, ...]:
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("hello")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"hello"))
    layer = cache.offer(iter([buffer.getvalue()]), _any())
    assert layer is not None
    built = Built("id", "amd64", "linux", "2026-11-20T10:00:00Z", {"Env": ["A=1"]}, (layer.diff_id,))
    return contents.images(built, [layer], PROCFILE)


def test_a_registry_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Exception, match="does not answer"):
        registry(f"http://127.0.0.1:{port}").manifest("app/web")
