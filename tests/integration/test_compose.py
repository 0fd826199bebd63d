"""`docker compose up` in a fresh clone, without a second command: what then runs, reloads, persists and ends."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.checkout import Checkout
from tests.integration.docker_cli import docker, inspect, unique
from tests.integration.visitor import Visitor
from tests.waiting import until
from toolbelt.stack import ports

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

# Somebody who is not root, and whom neither this machine nor the image knows.
OWNER = 12345


class Stack:
    """A fresh checkout and its Compose project."""

    def __init__(self, checkout: Checkout, project: str, port: int) -> None:
        self.root = checkout.root
        self.project = project
        self.base = f"http://127.0.0.1:{port}"
        self.environ = checkout.child_environ() | {
            "COMPOSE_PROJECT_NAME": project,
            "PORT": str(port),
            "KEYGEN_SECONDS": "3",
        }

    def compose(self, *words: str, timeout: float = 300) -> str:
        return docker("compose", *words, cwd=self.root, environ=self.environ, timeout=timeout)

    def up(self) -> None:
        self.compose("up", "--detach", "--wait", timeout=600)

    def container(self, service: str) -> str:
        return self.compose("ps", "--all", "--quiet", service)

    def edit(self, name: str, old: str, new: str) -> None:
        """Save a file as an editor does."""
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    checkout = Checkout.make(tmp_path_factory.mktemp("compose"))
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{OWNER}:{OWNER}", checkout.root], check=True)
    made = Stack(checkout, unique("compose"), ports.any_free())
    try:
        made.up()
        yield made
    finally:
        made.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
        subprocess.run(["docker", "image", "rm", "--force", f"{made.project}-site"], capture_output=True, check=False)


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Visitor:
    return Visitor(stack.base)


def test_the_page_answers_and_everything_is_ready(stack: Stack, visitor: Visitor) -> None:
    status, page = visitor.open("/")
    assert (status, "Example" in page) == (200, True)
    until(lambda: visitor.open("/health/ready")[0] == 200, what="readiness")


def test_release_ran_once_and_succeeded(stack: Stack) -> None:
    state = inspect(stack.container("release"))["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    assert stack.compose("logs", "release").count("Running migrations") == 1


def test_only_this_machine_reaches_the_ports(stack: Stack) -> None:
    published = set()
    for container in stack.compose("ps", "--quiet").splitlines():
        for bindings in inspect(container)["NetworkSettings"]["Ports"].values():
            published |= {binding["HostIp"] for binding in bindings or []}
    assert published == {"127.0.0.1"}


def test_a_key_is_made_by_the_worker(visitor: Visitor) -> None:
    assert len(visitor.value(visitor.ask())) == 50


def test_a_saved_view_is_served(stack: Stack, visitor: Visitor) -> None:
    view = 'urlpatterns.append(path("new", lambda _: HttpResponse("new")))'
    stack.edit("djheroku/urls.py", "urlpatterns +=", f"{view}\n    urlpatterns +=")
    until(lambda: visitor.open("/new") == (200, "new"), what="the saved view")


def test_a_saved_job_is_the_next_to_run_while_the_one_in_progress_ends_as_it_began(stack: Stack, visitor: Visitor) -> None:
    before, after = visitor.ask(), visitor.ask()
    until(lambda: visitor.state(before) == "working", what="the job has begun")
    stack.edit("djheroku/keygen/jobs.py", "value=get_random_secret_key()", 'value="made by the new code"')
    assert len(visitor.value(before)) == 50
    assert visitor.value(after) == "made by the new code"


def test_what_is_made_in_the_checkout_belongs_to_its_owner(stack: Stack) -> None:
    command = ("python", "manage.py", "makemigrations", "keygen", "--empty", "--name", "made_here")
    stack.compose("run", "--rm", "--no-TTY", "--no-deps", "web", *command)
    owner = stack.root.stat().st_uid
    made = next(stack.root.glob("djheroku/keygen/migrations/*_made_here.py"))
    assert made.stat().st_uid == owner
    made.unlink()
    foreign = [path for path in stack.root.rglob("*") if path.lstat().st_uid != owner]
    assert foreign == []


def test_web_and_worker_end_in_time(stack: Stack) -> None:
    began = time.monotonic()
    stack.compose("stop", "web", "worker")
    # Idle, both end at once; a signal that does not arrive would cost the 30 s until SIGKILL.
    assert time.monotonic() - began < 10
    assert [inspect(stack.container(name))["State"]["ExitCode"] for name in ("web", "worker")] == [0, 0]


def test_data_survives_down_and_up(stack: Stack, visitor: Visitor) -> None:
    stack.compose("start", "web")
    until(lambda: visitor.open("/health/live")[0] == 200, what="web is back")
    # Without a worker: it waits in the queue, and the queue is kept too.
    key = visitor.ask()
    stack.compose("down")
    stack.up()
    assert len(visitor.value(key)) > 0


def test_the_variables_are_those_that_are_documented(stack: Stack) -> None:
    """Compose says when a variable without a default is not set."""
    done = subprocess.run(
        ["docker", "compose", "--file", "docker-compose.yml", "--file", "docker-compose.debug.yml", "config", "--quiet"],
        cwd=stack.root, env=stack.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
