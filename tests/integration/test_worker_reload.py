"""The worker of development: new code on a save, a word on code that cannot be imported, and a debugger."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import django_rq
import psutil
import pytest
import redis

from tests.checkout import ROOT
from tests.integration.debug_adapter import initialize
from tests.integration.ports import free_port
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


@dataclass
class Project:
    """A copy of the site that a test may edit, and the process that runs in it."""

    root: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def said(self) -> str:
        return (self.root / "log").read_text()

    def save(self, text: str) -> None:
        (self.root / "djheroku" / "sample.py").write_text(text)

    def start(self, *words: str, **environ: str) -> None:
        variables = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | environ
        with (self.root / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *words], cwd=self.root, env=variables, stdout=log, stderr=log
            )

    def end(self, signum: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; the exit status. Nothing that it started is left."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signum)
        status = self.process.wait(20)
        _, left = psutil.wait_procs(children, timeout=5)
        assert not left
        return status


@pytest.fixture
def project(tmp_path: Path, notes: redis.Redis) -> Iterator[Project]:
    """Nothing of it survives the test."""
    shutil.copytree(ROOT / "djheroku", tmp_path / "djheroku", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    made = Project(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        for process in [*psutil.Process(made.process.pid).children(recursive=True), made.process]:
            process.kill()
        made.process.wait(10)


def result_of(function: str, said: Callable[[], str]) -> object:
    job = django_rq.get_queue("default").enqueue(function)
    until(lambda: job.is_finished, what="the job done", seconds=30)
    assert not job.is_failed, said()
    return job.return_value()


def test_a_save_reaches_the_next_job_and_the_one_in_progress_finishes(project: Project, notes: redis.Redis) -> None:
    from django.core.cache import cache

    project.save(CODE.format(version=1))
    project.start("devworker")
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
    until(lambda: "the worker ended with status 1: waiting for the next save" in project.said, what="it says so")
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


@pytest.mark.slow
def test_a_debugger_can_attach_to_the_site(project: Project) -> None:
    """In the process that serves; the one that watches the files must leave the port to it."""
    port, web = free_port(), free_port()
    project.start("runserver", str(web), DEBUG_PORT=str(port))
    assert until(lambda: initialize(port), what="an answer from debugpy", seconds=40)
    until(lambda: "Starting development server" in project.said, what="the site", seconds=30)
