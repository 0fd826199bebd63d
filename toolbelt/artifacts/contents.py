"""An image as a registry takes it: config, layers and manifest, computed here and known before anything is sent.

Only Docker's manifest v2 schema 2 (https://distribution.github.io/distribution/spec/manifest-v2-2/): Heroku's
registry takes neither OCI manifests nor indexes.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from toolbelt.errors import ToolbeltError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
# Words that need a shell to be understood, a comment, or an assignment in front of the program.
SHELL = re.compile(r"[$`\"'\\;&|<>(){}\[\]*?~#!\n]|^\s*\w+=")
# What of a container's config belongs to the image (https://github.com/moby/docker-image-spec, v1.3).
KEPT = (
    "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal",
    "Healthcheck", "Shell", "OnBuild", "ArgsEscaped",
)  # fmt: skip


@dataclass(frozen=True)
class Built:
    """What Docker has built, as `docker image inspect` describes it: the same with every image store.

    layers: diff ids, which are digests of the layers' tars as they are before compression; the lowest first. size: in
    bytes, uncompressed.
    """

    id: str
    architecture: str
    os: str
    created: str
    config: Mapping[str, Any]
    layers: tuple[str, ...]
    size: int = 0


@dataclass(frozen=True)
class Blob:
    """Something in a registry: its digest and how many bytes it has."""

    digest: str
    size: int


@dataclass(frozen=True)
class Layer:
    """A layer: what it is uncompressed, and the compressed blob."""

    diff_id: str
    blob: Blob


class Published(Protocol):
    """What a registry is given as an image: a manifest, and the digest of the config that it names."""

    @property
    def manifest(self) -> bytes: ...

    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Image:
    """The image of one process type: config and manifest byte by byte."""

    process_type: str
    config: bytes
    layers: tuple[Layer, ...]

    @property
    def digest(self) -> str:
        """The digest of the config: what Heroku calls the image's id, and what is released."""
        return sha256(self.config)

    @property
    def manifest(self) -> bytes:
        return encode(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "size": len(self.config), "digest": self.digest},
                "layers": [{"mediaType": LAYER, "size": layer.blob.size, "digest": layer.blob.digest} for layer in self.layers],
            }
        )


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def encode(value: Mapping[str, Any]) -> bytes:
    """JSON that is the same for the same value, in whatever order it was put together."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def command(line: str) -> list[str]:
    """A Procfile's command as an image's CMD.

    Plain words are started as they are, without a shell between Heroku's signals and the process: the image's own
    CMD and the Procfile's line are then the very same. What needs a shell gets one, unchanged: ``exec`` in front
    would break ``a && b``.
    """
    return ["/bin/sh", "-c", line] if SHELL.search(line) else shlex.split(line)


def config(built: Built, line: str) -> bytes:
    """The config of the image for a process type: only the CMD is the process type's own.

    It is computed from what Docker tells of the image, not copied from where Docker keeps it: so it is the same
    with the overlay2 and the containerd image store, and costs no export.
    """
    kept = {key: built.config[key] for key in KEPT if built.config.get(key)}
    return encode(
        {
            "architecture": built.architecture,
            "os": built.os,
            "created": built.created,
            "config": kept | {"Cmd": command(line)},
            "rootfs": {"type": "layers", "diff_ids": list(built.layers)},
        }
    )


def images(built: Built, layers: Sequence[Layer], processes: Mapping[str, str]) -> tuple[Image, ...]:
    """One image for each process type, all with the same layers."""
    return tuple(Image(name, config(built, line), tuple(layers)) for name, line in processes.items())


def refuse(built: Built) -> None:
    """Raises ToolbeltError for an image that Heroku would not run."""
    if (built.os, built.architecture) != ("linux", "amd64"):
        raise ToolbeltError(
            f"The image is for {built.os}/{built.architecture}",
            finding="Heroku's dynos of the Common Runtime are linux/amd64.",
            todo="Does the Dockerfile say FROM --platform=…? Leave it out.",
        )
