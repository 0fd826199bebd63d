"""Images to a registry: what is there is found, what is missing is sent once, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from toolbelt.artifacts.contents import MANIFEST, Blob, Image, Layer
from toolbelt.artifacts.layers import Cache
from toolbelt.artifacts.registry import Registry
from toolbelt.artifacts.uploads import upload

T = TypeVar("T")
R = TypeVar("R")
SIDE_BY_SIDE = 4
# Given the bytes to come, a context with the function to tell of bytes that went.
Progress = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class Shipped:
    """What came of it: process types whose image was there already, and blobs that were sent."""

    unchanged: tuple[str, ...]
    blobs: int


def known(registry: Registry, app: str, process_types: Sequence[str]) -> Mapping[str, Layer]:
    """Layers of the app's images that are in the registry, by diff id, from the first process type that has any."""
    return next((found for name in process_types if (found := registry.known(f"{app}/{name}"))), {})


def ship(registry: Registry, app: str, images: Sequence[Image], cache: Cache, *, progress: Progress) -> Shipped:
    """Bring the images into the app's repositories, one for each process type, and make sure that they are there.

    Layers are the same for all: they are sent to the first repository, and mounted into the others. An interrupted
    run leaves them there, and the next one finds them.
    """
    found = together(registry, lambda image: _present(registry, app, image), images)
    held = {repository(app, image): blobs for image, (_, blobs) in zip(images, found, strict=True)}
    missing = [image for image, (same, _) in zip(images, found, strict=True) if not same]
    sent = 0
    for image in missing:
        target = repository(app, image)
        blobs = _absent(registry, target, image, held)
        with progress(sum(blob.size for blob in blobs)) as advance:
            together(registry, lambda blob: _send(registry, target, image, blob, held, cache, advance), blobs)  # noqa: B023
        sent += len(blobs)
        held[target] |= {layer.blob.digest for layer in image.layers}
    together(registry, lambda image: registry.publish(repository(app, image), image), missing)
    return Shipped(tuple(image.process_type for image in images if image not in missing), sent)


def repository(app: str, image: Image) -> str:
    """Heroku's name for it: registry.heroku.com/APP/PROCESS-TYPE."""
    return f"{app}/{image.process_type}"


def _present(registry: Registry, app: str, image: Image) -> tuple[bool, set[str]]:
    """Whether this very image is there, and the digests of the blobs of the one that is."""
    found = registry.manifest(repository(app, image))
    if found is None or found[1].get("mediaType") != MANIFEST:
        return False, set()
    return found[0] == image.manifest, {each["digest"] for each in [found[1]["config"], *found[1]["layers"]]}


def _absent(registry: Registry, target: str, image: Image, held: Mapping[str, set[str]]) -> list[Blob]:
    """The blobs of the image that have to be sent, the largest first."""
    blobs = {layer.blob for layer in image.layers} | {Blob(image.digest, len(image.config))}
    asked = [blob for blob in blobs if blob.digest not in held[target]]

    def absent(blob: Blob) -> bool:
        if registry.has(target, blob.digest):
            return False
        return not any(registry.mount(target, blob.digest, source=source) for source in _holders(held, blob)[:1])

    verdicts = together(registry, absent, asked)
    missing = [blob for blob, is_absent in zip(asked, verdicts, strict=True) if is_absent]
    return sorted(missing, key=lambda blob: (-blob.size, blob.digest))


def _holders(held: Mapping[str, set[str]], blob: Blob) -> list[str]:
    """The repositories that are known to have it."""
    return [source for source, digests in held.items() if blob.digest in digests]


def _send(
    registry: Registry,
    target: str,
    image: Image,
    blob: Blob,
    held: Mapping[str, set[str]],
    cache: Cache,
    advance: Callable[[int], None],
) -> None:
    content: bytes | Path = image.config
    if blob.digest != image.digest:
        layer = next(layer for layer in image.layers if layer.blob == blob)
        content = cache.path(layer.diff_id)
        if not content.is_file():  # known from the registry only, which does not mount it
            registry.download((_holders(held, blob) or [target])[0], blob, content)
    upload(registry, target, blob, content, advance)


def together(registry: Registry, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The function's results, a few at a time; Ctrl-C, or bad news of one of them, ends all at once."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()  # raises what it raised
            return [future.result() for future in futures]
        except BaseException:
            registry.stopped.set()
            pool.shutdown(cancel_futures=True)
            registry.stopped.clear()
            raise
