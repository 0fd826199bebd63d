"""An image from one repository to another as it is: mounted where the registry does that, else streamed through here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolbelt.artifacts.contents import MANIFEST, Blob, sha256
from toolbelt.artifacts.registry import Broken, Registry, RegistryError, again
from toolbelt.artifacts.shipping import Progress, together
from toolbelt.artifacts.uploads import upload

PIECE = 1 << 18
# Where an image may name the commit that it was built of: a label, else the environ of its processes.
REVISION = "org.opencontainers.image.revision"
VARIABLES = ("COMMIT", "HEROKU_BUILD_COMMIT")


@dataclass(frozen=True)
class Pinned:
    """The image of a process type, byte by byte as a registry has it. digest: of its config, which Heroku releases."""

    process_type: str
    manifest: bytes
    digest: str
    blobs: tuple[Blob, ...]
    config: Mapping[str, Any]

    @property
    def size(self) -> int:
        return sum(blob.size for blob in self.blobs)

    @property
    def command(self) -> str:
        """What it runs, in words."""
        told = self.config.get("config") or {}
        words = [*(told.get("Entrypoint") or []), *(told.get("Cmd") or [])]
        return " ".join(words[2:] if words[:2] == ["/bin/sh", "-c"] else words)

    @property
    def commit(self) -> str:
        """The commit that it names, "" if none."""
        told = self.config.get("config") or {}
        environ = dict(each.partition("=")[::2] for each in told.get("Env") or [])
        named = [(told.get("Labels") or {}).get(REVISION), *(environ.get(name) for name in VARIABLES)]
        return next((str(each) for each in named if each), "")


@dataclass(frozen=True)
class Copied:
    """What came of it: process types whose image was there already, blobs that were mounted, and that were sent."""

    unchanged: tuple[str, ...]
    mounted: int
    sent: int


def pin(registry: Registry, app: str, process_type: str) -> Pinned | None:
    """The image that the registry has for a process type; None where there is none.

    Raises RegistryError for one that is no single image in the form that Heroku's registry takes.
    """
    repository = f"{app}/{process_type}"
    found = registry.manifest(repository)
    if found is None:
        return None
    raw, manifest = found
    if manifest.get("mediaType") != MANIFEST:
        raise RegistryError(f"{repository} is no image as Heroku runs it", finding=f"mediaType {manifest.get('mediaType')!r}")
    digest = str(manifest["config"]["digest"])
    answer = registry.send("GET", f"/v2/{repository}/blobs/{digest}", follow_redirects=True)
    registry.check(answer, f"The registry does not give back the config of an image: {repository}")
    if sha256(answer.content) != digest:
        raise RegistryError(f"The registry gives back another config than it was asked for: {repository}", finding=digest)
    layers = [manifest["config"], *manifest["layers"]]
    blobs = tuple(dict.fromkeys(Blob(str(each["digest"]), int(each["size"])) for each in layers))
    return Pinned(process_type, raw, digest, blobs, json.loads(answer.content))


def copy(
    source: Registry, app: str, target: Registry, to: str, images: Sequence[Pinned], *, mountable: bool, progress: Progress
) -> Copied:
    """Bring images from the repositories of one app into those of another, and make sure that they are there.

    mountable: both are repositories of one registry, read with one token. What is not mounted goes through this
    machine piece by piece, each blob once, whatever process types have it; nothing is held or stored here.
    """
    unchanged: list[str] = []
    held: dict[str, str] = {}  # digest of a blob: the target's repository that has it
    mounted = sent = 0
    for image in images:
        repository = f"{to}/{image.process_type}"
        there = target.manifest(repository)
        if there is not None and there[0] == image.manifest:
            held |= {blob.digest: repository for blob in image.blobs}
            unchanged.append(image.process_type)
            continue
        sources = [f"{app}/{image.process_type}"] if mountable else []
        verdicts = together(target, _Bring(target, repository, sources, held), image.blobs)
        missing = [blob for blob, verdict in zip(image.blobs, verdicts, strict=True) if verdict == "missing"]
        mounted += verdicts.count("mounted")
        with progress(sum(blob.size for blob in missing)) as advance:
            stream = _Stream(source, f"{app}/{image.process_type}", target, repository, advance)
            together(target, stream, sorted(missing, key=lambda blob: -blob.size))
        sent += len(missing)
        held |= {blob.digest: repository for blob in image.blobs}
        target.publish(repository, image)
    return Copied(tuple(unchanged), mounted, sent)


@dataclass(frozen=True)
class _Bring:
    """Whether a blob is in the repository, or could be mounted into it."""

    target: Registry
    repository: str
    sources: Sequence[str]
    held: Mapping[str, str]

    def __call__(self, blob: Blob) -> str:
        if self.target.has(self.repository, blob.digest):
            return "there"
        known = self.held.get(blob.digest)
        for source in [known] if known else self.sources:
            if self.target.mount(self.repository, blob.digest, source=source):
                return "mounted"
        return "missing"


@dataclass(frozen=True)
class _Stream:
    """A blob from one registry to the other, in pieces; what is cut goes on where it was."""

    source: Registry
    origin: str
    target: Registry
    repository: str
    advance: Callable[[int], None]

    def __call__(self, blob: Blob) -> None:
        upload(self.target, self.repository, blob, lambda offset: self._pieces(blob, offset), self.advance)

    def _pieces(self, blob: Blob, offset: int) -> Iterator[bytes]:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
        with self.source.open(f"/v2/{self.origin}/blobs/{blob.digest}", headers) as answer:
            if answer.is_error:
                answer.read()
            if again(answer):
                raise Broken(f"HTTP status {answer.status_code}")
            self.source.check(answer, f"The registry does not give back a layer: {self.origin}")
            skip = offset if answer.status_code == 200 else 0  # a registry that knows no ranges begins anew
            for piece in answer.iter_raw(PIECE):
                if kept := piece[skip:]:
                    yield kept
                skip = max(0, skip - len(piece))
