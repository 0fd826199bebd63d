"""The worker of development: new code on a save, a word on code that cannot be imported, and a debugger."""

import signal
from collections.abc import Callable

import django_rq
import psutil
import pytest
import redis

from tests.integration.debug_adapter import initialize
from tests.integration.ports import free_port
from tests.integration.project import Project
from tests.waiting import until

JOB = "djheroku.sample.version"
CODE = """
import os, threading
from django.core.cache import cache

def version():
    cache.set("started", {version}, 60)
    while cache.get("closed"):
        threading.Event().wait(0.01)
    return {version}

def process():
    return os.getpid()
"""


@pytest.fixture(autouse=True)
def nobody_else_takes_jobs(notes: redis.Redis) -> None:
    """An empty queue."""


def result_of(function: str, said: Callable[[], str]) -> object:
    job = django_rq.get_queue("default").enqueue(function)
    until(lambda: job.is_finished, what="the job done", seconds=30)
    assert not job.is_failed, said()
    return job.return_value()


@pytest.mark.parametrize("polling", ["", "true"], ids=["the file system tells", "it has to look"])
def test_a_save_reaches_the_next_job_and_the_one_in_progress_finishes(project: Project, polling: str) -> None:
    from django.core.cache import cache

    project.save(CODE.format(version=1))
    project.start("devworker", WATCHFILES_FORCE_POLLING=polling)
    assert result_of(JOB, lambda: project.said) == 1
    cache.set("closed", "yes", 60)
    in_progress = django_rq.get_queue("default").enqueue(JOB)
    until(lambda: in_progress.get_status() == "started", what="a job in progress")
    project.save(CODE.format(version=2))
    until(lambda: "djheroku/sample.py changed" in project.said, what="it has noticed")
    behind = django_rq.get_queue("default").enqueue(JOB)
    cache.delete("closed")
    until(lambda: in_progress.is_finished and behind.is_finished, what="both jobs done", seconds=30)
    assert (in_progress.return_value(), behind.return_value()) == (1, 2)
    assert project.end() == 0


def test_code_that_cannot_be_imported_is_waited_for(project: Project) -> None:
    """Even if it is broken from the start."""
    models = project.root / "djheroku" / "keygen" / "models.py"
    whole = models.read_text()
    models.write_text("def (\n")
    project.save(CODE.format(version=1))
    project.start("devworker")
    until(lambda: "worker: cannot run, waiting for the next save" in project.said, what="it says so")
    assert "SyntaxError" in project.said
    models.write_text(whole)
    assert result_of(JOB, lambda: project.said) == 1
    assert project.end(signal.SIGINT) == 0


def test_a_debugger_can_attach_to_the_worker_again_after_a_save(project: Project) -> None:
    port = free_port()
    project.save(CODE.format(version=1))
    project.start("devworker", DEBUG_PORT=str(port))
    assert until(lambda: initialize(port), what="an answer from debugpy", seconds=40)
    before = result_of("djheroku.sample.process", lambda: project.said)
    # The process that the debugger is in: not a horse.
    [worker] = [child.pid for child in psutil.Process(project.process.pid).children() if child.pid == before]
    project.save(CODE.format(version=2))
    until(lambda: not psutil.pid_exists(worker), what="the old worker has gone")
    assert until(lambda: initialize(port), what="an answer from debugpy", seconds=40)
    assert result_of(JOB, lambda: project.said) == 2
