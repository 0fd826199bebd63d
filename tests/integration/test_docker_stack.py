"""The verbs on the stack in Docker: what they say and do there; Compose itself is tested in test_compose.py."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import Checkout
from tests.waiting import until
from toolbelt.stack import ports

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    made = Checkout.make(tmp_path_factory.mktemp(f"djh-verbs-{uuid.uuid4().hex[:6]}"))
    made.environ["KEYGEN_SECONDS"] = "0.2"
    if os.geteuid() == 0:  # as for everybody else: the checkout belongs to somebody who is not root
        subprocess.run(["chown", "-R", "12345:12345", made.root], check=True)
        made.environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    yield made
    made.inv("down", "--volumes", "--yes", check=False)
    subprocess.run(["docker", "image", "rm", "--force", f"{made.root.name}-site"], capture_output=True, check=False)


@pytest.fixture(scope="module")
def port() -> int:
    return ports.any_free()


@pytest.fixture(scope="module")
def up(checkout: Checkout, port: int) -> str:
    return checkout.inv("up", "--stack", "docker", "--detach", "--port", str(port), timeout=500).stdout


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def answers(port: int, path: str) -> bool:
    try:
        return get(port, path)[0] == 200
    except (http.client.HTTPException, OSError):
        return False


def test_up_waits_until_the_site_is_ready(up: str, port: int) -> None:
    assert re.search(r"user admin, password \(shown once\): \S+", up)
    for step in ("database", "worker"):
        assert f"✓ {step}" in up
    assert f"http://localhost:{port}/" in up
    assert get(port, "/health/ready")[0] == 200


def test_up_again_changes_nothing(up: str, checkout: Checkout, port: int) -> None:
    again = checkout.inv("up", "--stack", "docker", "--detach", "--port", str(port)).stdout
    assert "password (shown once)" not in again
    assert get(port, "/health/ready")[0] == 200


def test_status_names_every_service(up: str, checkout: Checkout) -> None:
    said = checkout.inv("status").stdout
    for name, state in (("db", "up"), ("redis", "up"), ("release", "done"), ("web", "up"), ("worker", "up")):
        assert re.search(rf"^{name}\s+{state}\b", said, re.MULTILINE), said


def test_django_and_consoles_run_in_the_containers(up: str, checkout: Checkout) -> None:
    assert "no issues" in checkout.inv("manage", "--", "check").stdout
    assert "Python 3.14" in checkout.inv("run", "--", "python", "-V").stdout
    assert checkout.inv("run", "--", "sh", "-c", 'echo "a  b"').stdout == "a  b\n"
    assert checkout.inv("run", "--", "sh", "-c", "exit 7", check=False).returncode == 7
    assert re.search(r"^\d+$", checkout.inv("dbshell", "--", "-tAc", "select count(*) from keygen_key").stdout.strip())
    assert checkout.inv("redis-cli", "--", "ping").stdout == "PONG\n"


def test_files_made_in_the_checkout_belong_to_its_owner(up: str, checkout: Checkout) -> None:
    checkout.inv("makemigrations", "keygen", "--", "--empty", "--name", "made_in_docker")
    made = next(Path(checkout.root, "djheroku/keygen/migrations").glob("*made_in_docker.py"))
    assert made.stat().st_uid == checkout.root.stat().st_uid
    made.unlink()


def test_logs_and_restart(up: str, checkout: Checkout, port: int) -> None:
    # The files of the test before have made web reload: it may be between two processes.
    until(lambda: answers(port, "/robots.txt"), what="an answer", seconds=30)
    until(lambda: "robots.txt" in checkout.inv("logs", "web").stdout, what="the request in web's log", every=0.5)
    said = checkout.inv("logs", "worker").stdout
    assert "robots.txt" not in said
    assert "\x1b" not in said
    assert said.startswith("worker")
    checkout.inv("restart", "worker")
    until(lambda: checkout.inv("status", check=False).returncode == 0, what="readiness", seconds=60, every=0.5)


def test_another_checkout_of_the_same_name_gets_a_project_of_its_own(up: str, checkout: Checkout, tmp_path: Path) -> None:
    other = Checkout.make(tmp_path / checkout.root.name)
    try:
        said = other.inv("status", check=False)
        assert "not up" in said.stdout
        taken = other.inv("up", "--stack", "docker", "--detach", "--port", str(get_port(checkout)), check=False)
        assert taken.returncode == 2
        assert "is taken" in taken.stderr
        project = (
            (other.root / ".djheroku" / "compose-project").read_text().strip() if (other.root / ".djheroku").exists() else ""
        )
        assert project != checkout.root.name
    finally:
        other.inv("down", "--volumes", "--yes", check=False)
    assert checkout.inv("status").returncode == 0


def get_port(checkout: Checkout) -> int:
    found = re.search(r"http://localhost:(\d+)", checkout.inv("status").stdout)
    assert found
    return int(found[1])


def test_embedded_is_refused_while_docker_is_up(up: str, checkout: Checkout) -> None:
    refused = checkout.inv("up", "--stack", "embedded", check=False)
    assert refused.returncode == 2
    assert "up in Docker" in refused.stderr


def test_down_ends_it_and_the_data_stays(up: str, checkout: Checkout, port: int) -> None:
    count = ("dbshell", "--", "-tAc", "select count(*) from keygen_key")
    before = checkout.inv(*count).stdout
    checkout.inv("down")
    assert "not up" in checkout.inv("status", check=False).stdout
    assert ports.is_free(port)
    checkout.inv("up", "--stack", "docker", "--detach", "--port", str(port))
    assert checkout.inv(*count).stdout == before
