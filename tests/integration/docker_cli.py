"""Docker's command line, as the tests of the image and of the Compose stack use it."""

from __future__ import annotations

import contextlib
import gzip
import json
import subprocess
import tarfile
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.waiting import until

PREFIX = "djh-test"


def unique(name: str) -> str:
    """A name that no other run on this engine has."""
    return f"{PREFIX}-{name}-{uuid.uuid4().hex[:8]}"


def docker(*words: str, cwd: Path | None = None, environ: dict[str, str] | None = None, timeout: float = 300) -> str:
    """What the command printed; AssertionError with all that it said where it fails."""
    done = subprocess.run(
        ["docker", *words],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    if done.returncode != 0:
        raise AssertionError(f"docker {' '.join(words)} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


def inspect(name: str, kind: str = "container") -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(docker(kind, "inspect", name))
    return found[0]


def build(folder: Path, tag: str, *, target: str = "production", **arguments: str) -> str:
    """Build a stage as the toolbelt does for Heroku, and return its tag."""
    given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    flags = ["--platform", "linux/amd64", "--provenance=false", "--sbom=false", "--load", "--quiet"]
    docker("buildx", "build", *flags, "--target", target, "--tag", tag, *given, str(folder), timeout=600)
    return tag


def layers(image: str) -> list[str]:
    """The digests of its layers, the lowest first."""
    found: list[str] = inspect(image, "image")["RootFS"]["Layers"]
    return found


def compressed_size(image: str, digests: Collection[str]) -> int:
    """Bytes of these layers as a registry gets them, gzipped."""
    total, missing = 0, set(digests)
    saving = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
    with saving, tarfile.open(fileobj=saving.stdout, mode="r|") as archive:
        for member in archive:
            digest = f"sha256:{Path(member.name).name}"
            if digest in missing and (content := archive.extractfile(member)):
                missing.discard(digest)
                total += len(gzip.compress(content.read(), compresslevel=6))
    assert not missing, missing
    return total


@dataclass
class Network:
    """A network with Postgres and Valkey in it, and with what the tests start beside them."""

    name: str
    containers: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)

    def start(self, image: str, *command: str, flags: Collection[str] = (), alias: str = "site") -> str:
        """Start a container in the background and return its name."""
        name = unique(alias)
        self.containers.append(name)
        docker("run", "--detach", "--name", name, *self._flags(flags), "--network-alias", alias, image, *command)
        return name

    def run(self, image: str, *command: str, flags: Collection[str] = ()) -> str:
        """Run a command to its end and return what it printed."""
        return docker("run", "--rm", *self._flags(flags), image, *command)

    def _flags(self, flags: Collection[str]) -> list[str]:
        given = [word for name, value in self.environ.items() for word in ("--env", f"{name}={value}")]
        return ["--network", self.name, *given, *flags]


@contextlib.contextmanager
def servers() -> Iterator[Network]:
    """Postgres and Valkey, gone at the end with all that was started beside them."""
    made = Network(unique("net"))
    try:
        docker("network", "create", made.name)
        db = made.start(
            "postgres:18", alias="db", flags=["--env", "POSTGRES_USER=djheroku", "--env", "POSTGRES_PASSWORD=djheroku"]
        )
        made.start("valkey/valkey:9", alias="redis")
        made.environ = {
            "DATABASE_URL": "postgres://djheroku:djheroku@db:5432/djheroku",
            "REDIS_URL": "redis://redis:6379",
        }
        ready = ["docker", "exec", db, "pg_isready", "--quiet", "--host=127.0.0.1", "--username=djheroku"]
        until(lambda: subprocess.run(ready, check=False).returncode == 0, what="Postgres", seconds=60, every=0.2)
        yield made
    finally:
        for name in made.containers:
            subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)
        subprocess.run(["docker", "network", "rm", made.name], capture_output=True, check=False)


def published(container: str, port: int) -> int:
    """The port of this machine that leads to the container's."""
    return int(docker("port", container, f"{port}/tcp").splitlines()[0].rpartition(":")[2])
