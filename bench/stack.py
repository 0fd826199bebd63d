"""How long a developer waits for Docker, and how big the image is: `./inv bench stack`.

In a fresh copy of the checkout, in a Compose project of its own: everything is removed at the end.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import _quiet
from _site import machine

from tests.checkout import Checkout
from tests.integration.docker_cli import build, compressed_size, docker, inspect, layers, unique
from tests.integration.visitor import Visitor
from tests.waiting import until
from toolbelt.stack import ports

BASE = "python:3.14-slim"
POLL = 0.01
ROUNDS = 5


class Bench:
    """A checkout, the image of it and its stack."""

    def __init__(self, root: Path) -> None:
        self.checkout = Checkout.make(root)
        self.project = unique("bench")
        self.image = f"{self.project}-image"
        port = ports.any_free()
        self.visitor = Visitor(f"http://127.0.0.1:{port}")
        self.environ = self.checkout.child_environ() | {
            "COMPOSE_PROJECT_NAME": self.project,
            "PORT": str(port),
            "KEYGEN_SECONDS": "0",
        }
        (root / ".env").write_text("KEYGEN_RATE=100000/m\n")
        self.count = 0

    def compose(self, *words: str) -> None:
        docker("compose", *words, cwd=self.checkout.root, environ=self.environ, timeout=600)

    def edit(self, name: str, line: str) -> str:
        """Add a line that no save had before; what identifies it."""
        self.count += 1
        with (self.checkout.root / name).open("a") as file:
            file.write(line.format(self.count))
        return str(self.count)

    def remove(self) -> None:
        self.compose("down", "--volumes", "--timeout", "5")
        for name in (self.image, f"{self.image}:edited", f"{self.project}-site"):
            subprocess.run(["docker", "image", "rm", "--force", name], capture_output=True, check=False)

    # what is measured, each in seconds

    def rebuild(self) -> float:
        self.edit("djheroku/keygen/views.py", "\nEDITED = {}\n")
        began = time.monotonic()
        build(self.checkout.root, f"{self.image}:edited")
        return time.monotonic() - began

    def first_200(self) -> float:
        """From the command to the first page, while Compose still works on the rest."""
        began = time.monotonic()
        up = subprocess.Popen(
            ["docker", "compose", "up", "--detach"],
            cwd=self.checkout.root, env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: self.visitor.open("/")[0] == 200, what="the page", seconds=120, every=POLL)
        seconds = time.monotonic() - began
        up.wait()
        return seconds

    def after_stop(self) -> float:
        self.compose("stop")
        return self._quietly(self.first_200)

    def after_down(self) -> float:
        self.compose("down")
        return self._quietly(self.first_200)

    def save_web(self) -> float:
        self._settle()
        view = '\nurlpatterns.append(path("saved/{0}", lambda _: HttpResponse("{0}")))\n'
        began = time.monotonic()
        number = self.edit("djheroku/urls.py", view)
        until(lambda: self.visitor.open(f"/saved/{number}") == (200, number), what="the saved view", every=POLL)
        return time.monotonic() - began

    def save_worker(self) -> float:
        """From the save to the value of a job that was asked for at once after it, page and queue included."""
        self._settle()
        began = time.monotonic()
        number = self.edit("djheroku/keygen/jobs.py", '\ndef get_random_secret_key() -> str:\n    return "{}"\n')
        until(lambda: self._next_value() == number, what="the saved job", seconds=30, every=POLL)
        return time.monotonic() - began

    def _next_value(self) -> str:
        """The value of a job asked for now; none while web, which has the same code, is starting again."""
        try:
            return self.visitor.value(self.visitor.ask(), seconds=5)
        except AssertionError:
            return ""

    def _settle(self) -> None:
        until(lambda: self.visitor.open("/health/ready")[0] == 200, what="readiness", seconds=60)
        _quiet.wait()

    def _quietly(self, measure: Callable[[], float]) -> float:
        _quiet.wait()
        return measure()


@contextmanager
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="djheroku-bench-") as folder:
        made = Bench(Path(folder))
        try:
            yield made
        finally:
            made.remove()


def main() -> None:
    print(f"\n### Docker\n\nMedians of {ROUNDS} rounds. {machine()}\n\n| | median | from - to |\n|---|---|---|", flush=True)
    with bench() as it:
        build(it.checkout.root, it.image)
        base, image = inspect(BASE, "image")["Size"], inspect(it.image, "image")["Size"]
        say("image over its base, MB", [(image - base) / 1e6])
        say("rebuild after a one-line edit, s", [it.rebuild() for _ in range(ROUNDS)])
        changed = set(layers(f"{it.image}:edited")) - set(layers(it.image))
        say("compressed layers that the edit changes, kB", [compressed_size(f"{it.image}:edited", changed) / 1e3])
        it.compose("up", "--detach", "--wait")
        say("warm `docker compose up` to the first 200, s", [it.after_stop() for _ in range(ROUNDS)])
        say("the same after `docker compose down`, s", [it.after_down() for _ in range(ROUNDS)])
        say("save to new content, web, s", [it.save_web() for _ in range(ROUNDS)])
        say("save to new code, the worker's next job, s", [it.save_worker() for _ in range(ROUNDS)])


def say(what: str, found: list[float]) -> None:
    spread = f"{min(found):.2f} - {max(found):.2f}" if len(found) > 1 else ""
    print(f"| {what} | {median(found):.2f} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
