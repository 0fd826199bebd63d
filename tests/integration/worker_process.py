"""Real worker processes for tests: forked from a server process that has imported Django, so that each starts at once."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import until

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.integration.worker_boot"])


def be_worker(log: str, overrides: dict[str, Any]) -> None:
    """The Procfile's worker, in a session of its own as in a dyno."""
    from django.conf import settings
    from django.core.management import call_command

    import tests.integration.worker_boot  # noqa: F401 - Django is set up by it

    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for name, value in overrides.items():
        setattr(settings, name, value)
    call_command("rqworker", "default")
    sys.stdout.flush()


@dataclass
class WorkerProcess:
    """One worker; *overrides* are settings that differ."""

    log: Path
    overrides: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.process: BaseProcess = CONTEXT.Process(target=be_worker, args=(str(self.log), self.overrides))
        self.process.start()
        assert self.process.pid is not None
        self.pid: int = self.process.pid

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def ready(self) -> "WorkerProcess":
        until(lambda: f".{self.pid}." in self.said and "Listening" in self.said, what=f"a worker that listens\n{self.said}")
        return self

    def horse(self) -> psutil.Process:
        return psutil.Process(self.pid).children()[0]

    def send(self, signum: signal.Signals) -> None:
        os.kill(self.pid, signum)

    def send_all(self, signum: signal.Signals) -> None:
        """To every process of the worker, as Heroku does."""
        for process in [*psutil.Process(self.pid).children(recursive=True), psutil.Process(self.pid)]:
            process.send_signal(signum)

    def wait(self, seconds: float) -> int:
        """The exit status; it must have ended within so many seconds."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"still there after {seconds} s:\n{self.said}"
        return self.process.exitcode

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.exitcode is None:
            self.send(signal.SIGKILL)
            self.process.join(10)


Start = Callable[..., WorkerProcess]
