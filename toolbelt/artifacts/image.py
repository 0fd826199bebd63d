"""The image of a commit: built by BuildKit, looked at and exported through Docker's SDK."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from toolbelt import shell
from toolbelt.artifacts.contents import Built, Layer
from toolbelt.artifacts.layers import Cache
from toolbelt.errors import CommandFailed, MissingTool, ToolbeltError

TARGET = "production"
PIECE = 1 << 18
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def build_argv(root: Path, *, commit: str, version: str, tag: str, idfile: Path) -> list[str]:
    """The command that builds the image.

    No provenance and no SBOM: with them it would be an index, which Heroku's registry refuses (heroku/cli,
    src/lib/container/docker-helper.ts). --load brings it into Docker whatever the builder is.
    """
    argv = ["docker", "buildx", "build", "--platform", "linux/amd64", "--provenance=false", "--sbom=false"]
    argv += ["--target", TARGET, "--build-arg", f"COMMIT={commit}", "--build-arg", f"VERSION={version}"]
    return [*argv, "--tag", tag, "--iidfile", str(idfile), "--load", str(root)]


def build(root: Path, *, commit: str, version: str, tag: str, environ: Mapping[str, str]) -> Built:
    """Build, with BuildKit's own progress on our terminal.

    Raises MissingTool without docker or buildx, CommandFailed if the build fails, KeyboardInterrupt when a person
    ended it.
    """
    if shell.which("docker") is None:
        raise MissingTool("docker is not on this machine", todo="./inv deploy --build source needs none")
    with tempfile.TemporaryDirectory(prefix="djheroku-") as folder:
        idfile = Path(folder) / "id"
        argv = build_argv(root, commit=commit, version=version, tag=tag, idfile=idfile)
        status = shell.stream(argv, cwd=root, env=environ, interruptible=True)
        if status != 0:
            raise CommandFailed(
                "The image cannot be built", returncode=status, finding="What BuildKit says stands above.",
                todo="Mend it, then type the same again: steps that went well are not repeated",
            )  # fmt: skip
        return inspect(idfile.read_text().strip() or tag)


@contextmanager
def _engine(seconds: int = 600) -> Iterator[Any]:
    import docker.errors

    import docker

    try:
        client = docker.from_env(timeout=seconds)
    except docker.errors.DockerException as error:
        raise MissingTool("no Docker engine answers", finding=str(error), todo="Start Docker.") from error
    try:
        yield client
    except docker.errors.DockerException as error:
        raise ToolbeltError("Docker does not do what it should", finding=str(error)) from error
    finally:
        client.close()


def inspect(reference: str) -> Built:
    """What Docker knows of an image in its store."""
    with _engine() as engine:
        found = engine.api.inspect_image(reference)
    return Built(
        id=found["Id"],
        architecture=found["Architecture"],
        os=found["Os"],
        created=found["Created"],
        config=found["Config"],
        layers=tuple(found["RootFS"]["Layers"]),
        size=int(found.get("Size") or 0),
    )


def layers(built: Built, cache: Cache, *, known: Mapping[str, Layer], note: Callable[[str], None]) -> tuple[Layer, ...]:
    """The layers of the image, compressed, the lowest first.

    What is in the cache, or ``known`` from the registry, is not compressed again; where nothing is missing Docker
    is not asked to export at all, which is what takes long.
    """
    there = {diff_id: layer for diff_id in built.layers if (layer := cache.get(diff_id) or known.get(diff_id))}
    missing = [diff_id for diff_id in built.layers if diff_id not in there]
    if missing:
        note(f"{len(missing)} of {len(built.layers)} layers are new: exporting and compressing them")
        with _engine() as engine:
            pieces = engine.api.get_image(built.id, chunk_size=PIECE)
            there |= pick(pieces, cache, wanted=set(missing), passed=frozenset(there))
        if lost := set(missing) - set(there):
            raise ToolbeltError(
                "Docker does not export every layer of the image",
                finding="\n".join(sorted(lost)),
                todo="A base image with layers compressed by zstd? Use one with gzip.",
            )
    for diff_id in built.layers:
        cache.touch(diff_id)
    return tuple(there[diff_id] for diff_id in built.layers)


def pick(pieces: Iterable[bytes], cache: Cache, *, wanted: set[str], passed: frozenset[str]) -> dict[str, Layer]:
    """Find layers in what `docker save` writes and put them into the cache.

    The archive is a docker-archive, an OCI layout or both, with layers as tars or compressed, depending on the
    engine and its image store; which layer is which, it tells at its end. It need not be asked: a layer is known by
    the digest of its uncompressed content. passed: diff ids that are there already.
    """
    found: dict[str, Layer] = {}
    left = set(wanted)
    with tarfile.open(fileobj=_Reader(pieces), mode="r|") as archive:
        for member in archive:
            if not left:
                break
            if not member.isfile() or member.name.endswith((".json", "VERSION", "repositories", "oci-layout")):
                continue
            name = _digest(member.name)
            diff_id = name if name in wanted or name in passed else cache.alias(name) if name else ""
            if diff_id in passed or (diff_id and diff_id not in left):
                continue
            content = archive.extractfile(member)
            assert content is not None
            head = content.read(4)
            if head[:1] == b"{" or head.startswith(ZSTD):  # a manifest or a config; zstd we cannot read
                continue
            layer = cache.offer(_plain(head, content), left)
            if layer is not None:
                found[layer.diff_id] = layer
                left.discard(layer.diff_id)
                if name and name != layer.diff_id:
                    cache.remember(name, layer.diff_id)
    for _rest in pieces:  # to its end: the engine would take a broken connection for an error
        pass
    return found


def _digest(name: str) -> str:
    """``blobs/sha256/<hex>`` as a digest; "" for the names of older engines, which are no digests of content."""
    folder, _, hexadecimal = name.rpartition("/")
    return f"sha256:{hexadecimal}" if folder.endswith("blobs/sha256") else ""


def _plain(head: bytes, content: IO[bytes]) -> Iterator[bytes]:
    """A layer's tar, unpacked if it is compressed."""
    if not head.startswith(GZIP):
        yield head
        while piece := content.read(PIECE):
            yield piece
        return
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    piece = head
    while piece:
        yield unpack.decompress(piece)
        while unpack.eof and unpack.unused_data:  # a gzip of several members
            rest, unpack = unpack.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield unpack.decompress(rest)
        piece = content.read(PIECE)


class _Reader(io.RawIOBase):
    """Pieces of bytes, read as a file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._buffer = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._buffer:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._buffer = piece
        count = min(len(into), len(self._buffer))
        into[:count] = self._buffer[:count]
        self._buffer = self._buffer[count:]
        return count


def digest_of(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def sizes(layers: Sequence[Layer]) -> int:
    """Bytes of the layers together, compressed."""
    return sum(layer.blob.size for layer in layers)
