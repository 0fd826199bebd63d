"""What reloads on a save in development: the site's server and its worker, as `manage.py` names them."""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Django's own name for the copy that serves, which apps look for (django.utils.autoreload.DJANGO_AUTORELOAD_ENV).
COPY = "RUN_MAIN"
NOT_RELOADING = {"--noreload", "--help", "-h", "--version"}


@dataclass(frozen=True)
class Program:
    """A command that runs until it is told to end."""

    name: str
    arguments: tuple[str, ...]
    # Told so after a save, it ends when what it has in hand is done.
    finish: signal.Signals
    # More arguments when a debugger can attach.
    debugged: tuple[str, ...] = ()


def find(arguments: Sequence[str]) -> Program | None:
    """The program that these arguments of `manage.py` ask for; None where they ask for something that does not reload."""
    if arguments[1:2] == ["runserver"] and NOT_RELOADING.isdisjoint(arguments):
        # Django's reloader would load the site once more to start it, and watch, or read every 300 ms, all of Python beside it.
        return Program("web", (*arguments, "--noreload"), finish=signal.SIGTERM)
    if list(arguments[1:]) == ["devworker"]:
        return Program(
            "worker",
            (arguments[0], "rqworker", "default", "--skip-checks"),
            # It takes no more jobs, and the one in progress takes as long as it takes.
            finish=signal.SIGHUP,
            # Breakpoints are of one process: the job runs in the one that listens.
            debugged=("--worker-class", "djheroku.devtools.inprocess.InProcessWorker"),
        )
    return None


def run(arguments: Sequence[str]) -> None:
    """Run what *arguments* ask for, anew on every save; returns only where that is not reloading."""
    from djheroku.devtools import debugging, starting
    from djheroku.devtools.supervisor import Supervisor

    program = find(arguments)
    if program is None:
        debugging.listen()
        return
    if os.environ.get(COPY) == "true":
        starting.become(program)
    sys.exit(Supervisor(Path(arguments[0]).resolve().parent, program).run())
