"""An image as a registry takes it: computed here, byte by byte."""

from __future__ import annotations

import json

import pytest

from toolbelt.artifacts import contents
from toolbelt.artifacts.contents import Blob, Built, Layer
from toolbelt.errors import ToolbeltError

BUILT = Built(
    id="sha256:whatever the store says",
    architecture="amd64",
    os="linux",
    created="2026-11-20T10:00:00Z",
    config={"Env": ["A=1"], "Cmd": ["gunicorn"], "WorkingDir": "/app", "Hostname": "", "Volumes": None, "User": "10001"},
    layers=("sha256:aa", "sha256:bb"),
)
LAYERS = [Layer("sha256:aa", Blob("sha256:a1", 10)), Layer("sha256:bb", Blob("sha256:b1", 20))]
PROCFILE = {"release": "python manage.py migrate", "web": "gunicorn site --bind :$PORT", "worker": "echo a && echo b"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python manage.py rqworker default", ["python", "manage.py", "rqworker", "default"]),
        ("gunicorn djheroku.wsgi --config djheroku/gunicorn.py", None),
        ("gunicorn site --bind :$PORT", ["/bin/sh", "-c", "gunicorn site --bind :$PORT"]),
        ("a && b", ["/bin/sh", "-c", "a && b"]),
        ("FOO=1 python x.py", ["/bin/sh", "-c", "FOO=1 python x.py"]),
        ("python -c 'print(1)'", ["/bin/sh", "-c", "python -c 'print(1)'"]),
        ("a | b", ["/bin/sh", "-c", "a | b"]),
        ("ls *.py", ["/bin/sh", "-c", "ls *.py"]),
    ],
)
def test_a_command_gets_a_shell_only_where_it_needs_one(line: str, expected: list[str] | None) -> None:
    assert contents.command(line) == (expected or line.split())


def test_only_the_command_differs_between_process_types() -> None:
    images = contents.images(BUILT, LAYERS, PROCFILE)
    assert [image.process_type for image in images] == ["release", "web", "worker"]
    configs = [json.loads(image.config) for image in images]
    commands = [config["config"].pop("Cmd") for config in configs]
    assert commands == [contents.command(line) for line in PROCFILE.values()]
    assert configs[0] == configs[1] == configs[2]
    assert configs[0]["rootfs"] == {"type": "layers", "diff_ids": ["sha256:aa", "sha256:bb"]}
    assert configs[0]["config"] == {"Env": ["A=1"], "WorkingDir": "/app", "User": "10001"}
    assert len({image.digest for image in images}) == 3


def test_a_manifest_is_dockers_v2_schema_2_with_the_configs_own_digest() -> None:
    image = contents.images(BUILT, LAYERS, PROCFILE)[0]
    manifest = json.loads(image.manifest)
    assert manifest["schemaVersion"] == 2
    assert manifest["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert manifest["config"] == {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": len(image.config),
        "digest": contents.sha256(image.config),
    }
    assert [layer["digest"] for layer in manifest["layers"]] == ["sha256:a1", "sha256:b1"]
    assert {layer["mediaType"] for layer in manifest["layers"]} == {"application/vnd.docker.image.rootfs.diff.tar.gzip"}


def test_what_is_built_twice_is_the_same_whatever_the_store_calls_it() -> None:
    again = Built("sha256:other", BUILT.architecture, BUILT.os, BUILT.created, dict(reversed(BUILT.config.items())), BUILT.layers)
    assert [i.manifest for i in contents.images(BUILT, LAYERS, PROCFILE)] == [
        i.manifest for i in contents.images(again, LAYERS, PROCFILE)
    ]


def test_another_processor_is_refused() -> None:
    with pytest.raises(ToolbeltError, match="linux/arm64"):
        contents.refuse(Built("x", "arm64", "linux", "", {}, ()))
    contents.refuse(BUILT)
