"""The worker in development: on a save it finishes its job, and the next one runs the new code.

A new worker is forked from this process, which has imported the libraries but nothing of the site: that takes a fraction of the
time that starting Python and Django again would. What is changed in here needs a restart by hand.
"""

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType

from watchfiles import PythonFilter, watch

from djheroku.devtools.filesystem import must_poll

# What takes longest to import, and asks for no settings.
LIBRARIES = (
    "debug_toolbar.toolbar",
    "debugpy",
    "django.contrib.admin.options",
    "django.contrib.admin.views.main",
    "django.contrib.auth.hashers",
    "django.contrib.sessions.backends.db",
    "django.core.management",
    "django.db.backends.postgresql.base",
    "django.forms.models",
    "django.template.loader",
    "django.test.client",
    "django.views.debug",
    "django_watchfiles",
    "environ",
    "jinja2",
    "redis.asyncio",
    "rq.cron",
    "rq.worker",
    "whitenoise.middleware",
)
COMMAND = ("manage.py", "rqworker", "default", "--skip-checks")
# Told so, a worker takes no more jobs, and ends when the one in progress is done however long that takes.
FINISH = signal.SIGHUP
END = (signal.SIGTERM, signal.SIGINT)


def preload(libraries: Iterable[str] = LIBRARIES) -> None:
    """Import *libraries*; one that has gone, or now asks for settings, costs a little time and nothing else."""
    settings = os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    try:
        for library in libraries:
            with contextlib.suppress(Exception):
                importlib.import_module(library)
    finally:
        if settings is not None:
            os.environ["DJANGO_SETTINGS_MODULE"] = settings


def run_worker(command: Sequence[str]) -> None:
    """Be the worker; returns or raises as the command does."""
    from djheroku.devtools import debugging

    arguments = list(command)
    if debugging.listen():
        # Breakpoints are of one process: the job runs in the one that listens.
        arguments += ["--worker-class", "djheroku.devtools.inprocess.InProcessWorker"]
    from djheroku.commandline import execute

    execute(arguments)


class Supervisor:
    """Keeps a worker with the newest code running until it is told to end."""

    def __init__(self, root: Path, command: Sequence[str] = COMMAND) -> None:
        self.root = root
        self.command = command
        self._worker: int | None = None
        self._status = 0
        self._ending = False

    def run(self) -> int:
        """The exit status of the last worker."""
        preload()
        for signum in END:
            signal.signal(signum, self._end)
        self._start()
        stale = False
        for changes in watch(
            self.root / "djheroku",
            watch_filter=PythonFilter(),
            # A save is over when nothing more has changed for 50 ms.
            debounce=400,
            step=50,
            rust_timeout=100,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=True if must_poll(self.root) else None,
        ):
            if changes and not stale:
                stale = True
                names = ", ".join(sorted({str(Path(path).relative_to(self.root)) for _, path in changes}))
                self._say(f"{names} changed: the worker takes no more jobs, and starts again")
                self._signal(FINISH)
            if self._ended() or self._worker is None:
                # What is missing from the environ no save will bring.
                if self._ending or self._status == os.EX_CONFIG:
                    break
                if stale:
                    self._start()
                    stale = False
        return self._status

    def _start(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                for signum in END:
                    signal.signal(signum, signal.SIG_DFL)
                run_worker(self.command)
                status = 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(bool(end.code))
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                with contextlib.suppress(Exception):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(status)
        self._worker = pid

    def _ended(self) -> bool:
        """Whether the worker has ended just now; when nobody asked it to, say so."""
        if self._worker is None:
            return False
        pid, status = os.waitpid(self._worker, os.WNOHANG)
        if not pid:
            return False
        self._worker, self._status = None, os.waitstatus_to_exitcode(status)
        if self._status not in (0, os.EX_CONFIG) and not self._ending:
            self._say(f"the worker ended with status {self._status}: waiting for the next save")
        return True

    def _signal(self, signum: signal.Signals) -> None:
        if self._worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._worker, signum)

    def _end(self, signum: int, frame: FrameType | None) -> None:
        self._ending = True
        self._signal(signal.Signals(signum))

    def _say(self, sentence: str) -> None:
        print(f"devworker: {sentence}", flush=True)
