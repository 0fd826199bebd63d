"""Worker processes, and what their jobs have noted in Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.integration import worker_jobs
from tests.integration.project import Project
from tests.integration.worker_process import Start, WorkerProcess
from tests.waiting import until

# Seconds that are long enough on a slow machine, and no longer.
SHORT = {"WORKER_GRACE_SECONDS": 0.3, "WORKER_REACT_SECONDS": 0.5}


@pytest.fixture
def notes() -> redis.Redis:
    """An empty Redis that nobody waits at: it would hand the next job to a worker that was killed a moment ago."""
    note = worker_jobs.notes()
    database = str(note.connection_pool.connection_kwargs.get("db", 0))
    until(
        lambda: not [each for each in note.client_list() if each["db"] == database and each["cmd"] == "blmove"],
        what="Redis notices that the last test's worker is gone",
    )
    note.flushdb()
    return note


@pytest.fixture
def start_worker(tmp_path: Path, notes: redis.Redis) -> Iterator[Start]:
    """Starts a worker with the settings it is given; none survives the test."""
    started: list[WorkerProcess] = []

    def start(**overrides: object) -> WorkerProcess:
        worker = WorkerProcess(tmp_path / f"worker{len(started)}.log", SHORT | overrides)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.end()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Nothing of it survives the test."""
    made = Project.copied_to(tmp_path)
    yield made
    made.kill()
