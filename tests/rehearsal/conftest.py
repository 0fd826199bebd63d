"""Rehearsals for the tests below: one without Docker, one with, each for all tests of a file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.rehearsal.harness import Running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A rehearsal whose dynos are processes."""
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A rehearsal whose dynos are containers; for tests marked docker."""
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="docker")
    yield running
    running.stop()
    remove_images(running)


def remove_images(running: Running) -> None:
    """A rehearsal keeps its images for its next start, and there is none for this one."""
    for filter_ in (f"reference=djheroku-rehearsal-{running.world.label}", f"label=djheroku.rehearsal={running.world.label}"):
        listed = ["docker", "image", "ls", "--quiet", "--filter", filter_]
        images = dict.fromkeys(subprocess.run(listed, capture_output=True, text=True).stdout.split())
        if images:
            subprocess.run(["docker", "image", "rm", "--force", *images], capture_output=True)
    subprocess.run(["docker", "volume", "rm", f"djheroku-{running.world.label}"], capture_output=True)
