"""Dynos as containers: the dyno contract, held by the engine; add-ons in containers of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rehearsal.harness import Running
from tests.rehearsal.images import Images
from tests.waiting import until

pytestmark = pytest.mark.docker

# The kernel kills the child; the parent would start another, as web servers do.
GREEDY = """
import os, time
while os.fork(): os.wait(); time.sleep(60)
kept = []
while True: kept.append(bytearray(32 << 20))
"""
TLS = """
import os, socket, ssl, sys
from urllib.parse import urlsplit
parts = urlsplit(os.environ["REDIS_URL"])
context = ssl._create_unverified_context()
with context.wrap_socket(socket.create_connection((parts.hostname, parts.port), timeout=5)) as connection:
    connection.sendall(b"AUTH %s\\r\\nPING\\r\\n" % parts.password.encode())
    print("valkey says", connection.recv(100), flush=True)
parts = urlsplit(os.environ["DATABASE_URL"])
with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
    connection.sendall(bytes.fromhex("0000000804d2162f"))
    print("postgres says", connection.recv(1), flush=True)
"""


@pytest.fixture(scope="module")
def images(engine: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    made = Images(tmp_path_factory.mktemp("images"), engine.world.label, {"greedy.py": GREEDY, "tls.py": TLS})
    yield made
    made.remove()


def deploy(engine: Running, images: Images, **commands: str) -> str:
    """An app whose process types run these commands of the sample image."""
    app = engine.app(stack="container")
    for type_, command in commands.items():
        engine.release_image(app, images.of(command), {type_: f"python3 -u {command}"})
    return app


def containers(engine: Running, app: str) -> list[str]:
    names = f"name=djheroku-{engine.world.label}-{app}-"
    listed = subprocess.run(["docker", "ps", "-aq", "--filter", names], capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_the_dyno_contract(engine: Running, images: Images) -> None:
    app = deploy(engine, images, web="web.py")
    engine.http.patch(f"/apps/{app}/config-vars", json={"GREETING": "hello\nthere", "PLAIN": 'a "b" $c #d'})
    engine.up(app)
    until(lambda: "GREETING" in engine.visit(app).json()["environ"], what="the config var")
    facts: dict[str, Any] = engine.visit(app).json()
    assert facts["uid"] >= 10_000  # whatever USER says
    assert facts["environ"]["GREETING"] == "hello\nthere"
    assert facts["environ"]["PLAIN"] == 'a "b" $c #d'
    assert facts["environ"]["DYNO"] == "web.1"
    (container,) = until(lambda: len(found := containers(engine, app)) == 1 and found, what="the old dyno is gone")
    template = "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.CapDrop}}"
    limits = subprocess.run(["docker", "inspect", "-f", template, container], capture_output=True, text=True, check=True)
    assert limits.stdout.strip() == f"{1024 << 20} {1024 << 20} 256 [ALL]"
    engine.http.patch(f"/apps/{app}/formation/web", json={"size": "standard-2x"})
    engine.up(app)
    until(lambda: containers(engine, app) != [container] and len(containers(engine, app)) == 1, what="the larger dyno")
    limits = subprocess.run(
        ["docker", "inspect", "-f", template, *containers(engine, app)], capture_output=True, text=True, check=True
    )
    assert limits.stdout.startswith(f"{2048 << 20} ")


def test_too_much_memory_of_a_child_is_the_end_of_all(engine: Running, images: Images) -> None:
    app = deploy(engine, images, worker="greedy.py")
    engine.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 1})
    engine.logged(app, "Error R15 (Memory quota vastly exceeded)", seconds=40)
    engine.logged(app, "Process exited with status 137")
    engine.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 0})


@pytest.mark.parametrize("command", ["polite.py", "stubborn.py"])
def test_the_end_of_a_dyno(engine: Running, images: Images, command: str) -> None:
    app = deploy(engine, images, worker=command)
    engine.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 1})
    engine.logged(app, "ready")
    engine.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 0})
    if command == "polite.py":
        engine.logged(app, "worker.1]: goes")
        engine.logged(app, "child goes")
    else:
        engine.logged(app, "child told")
        engine.logged(app, "Error R12 (Exit timeout)")
    until(lambda: not containers(engine, app), what="no container is left")


def test_release_phase_and_one_off_dynos_use_the_image(engine: Running, images: Images) -> None:
    app = engine.app(stack="container")
    engine.release_image(app, images.of("web.py"), {"web": "web"})
    engine.up(app)
    assert engine.release_image(app, images.of("release.py"), {"release": "release", "web": "web"}).status == "succeeded"
    engine.http.post(f"/apps/{app}/dynos", json={"command": "echo one-off $DYNO in $(pwd)"})
    assert " in /srv" in engine.logged(app, "app[run.")


def test_add_ons_are_reached_with_tls_from_dynos(engine: Running, images: Images) -> None:
    app = engine.app(stack="container")
    for plan in ("heroku-postgresql:essential-0", "heroku-redis:mini"):
        engine.http.post(f"/apps/{app}/addons", json={"plan": plan})
    until(
        lambda: {each["state"] for each in engine.http.get(f"/apps/{app}/addons").json()} == {"provisioned"},
        what="both add-ons", seconds=90,
    )  # fmt: skip
    engine.release_image(app, images.of("tls.py"), {"worker": "tls"})
    engine.http.patch(f"/apps/{app}/formation/worker", json={"quantity": 1})
    assert "+OK" in engine.logged(app, "valkey says")
    assert "b'S'" in engine.logged(app, "postgres says")
    engine.http.delete(f"/apps/{app}")
    until(lambda: not containers(engine, app), what="nothing is left")

    def volumes() -> str:
        return subprocess.run(["docker", "volume", "ls", "-q"], capture_output=True, text=True, check=True).stdout

    until(lambda: f"djheroku-{engine.world.label}-" not in volumes(), what="no volume of theirs is left")


def test_images_of_old_releases_leave_the_engine(engine: Running) -> None:
    app = engine.app(stack="container")
    refs = [f"djheroku-test-{engine.world.label}:old-{number}" for number in range(4)]
    for ref in refs:
        subprocess.run(["docker", "tag", "python:3.14-slim", ref], check=True)
        engine.release_image(app, ref, {"worker": "sleep"})

    def there() -> list[str]:
        return [ref for ref in refs if not subprocess.run(["docker", "image", "inspect", ref], capture_output=True).returncode]

    until(lambda: there() == refs[-2:], what="only the newest two are kept")
    engine.http.delete(f"/apps/{app}")
    assert there() == []
