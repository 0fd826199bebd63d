"""Start a program of the site in the time that the site's own code takes to import.

It is forked from a process that has imported the libraries, but nothing of the site: starting Python and Django anew takes four
times as long. So a library that is edited needs a restart by hand.
"""

import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterable
from typing import NoReturn

from djheroku.devtools import debugging
from djheroku.devtools.programs import COPY, Program

# What takes longest to import, and asks for no settings.
LIBRARIES = (
    "django.contrib.admin.options",
    "django.contrib.admin.views.main",
    "django.contrib.auth.hashers",
    "django.contrib.sessions.backends.db",
    "django.contrib.staticfiles.storage",
    "django.core.management",
    "django.core.management.commands.runserver",
    "django.db.backends.postgresql.base",
    "django.forms.models",
    "django.template.loader",
    "django.test.client",
    "django.db.migrations.executor",
    "django.views.debug",
    "environ",
    "health_check.checks",
    "redis.asyncio",
    "rq.cron",
    "rq.worker",
    "whitenoise.middleware",
)
# What the code of the site stopped with: a save may mend it. A program that ends itself says 1, or os.EX_CONFIG.
BROKEN = os.EX_SOFTWARE
END = (signal.SIGTERM, signal.SIGINT)


def preload(libraries: Iterable[str] = LIBRARIES) -> None:
    """Import *libraries*; one that has gone, or now asks for settings, costs a little time and nothing else."""
    if not can_fork():
        return
    settings = os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    try:
        for library in libraries:
            with contextlib.suppress(Exception):
                importlib.import_module(library)
    finally:
        if settings is not None:
            os.environ["DJANGO_SETTINGS_MODULE"] = settings


def can_fork() -> bool:
    """Whether a forked process can go on from here: not on macOS, whose frameworks forbid it, nor beside a debugger's threads."""
    return sys.platform == "linux" and threading.active_count() == 1 and "pydevd" not in sys.modules


def start(program: Program) -> int:
    """Start it, with new code; its process id."""
    if not can_fork():
        environ = os.environ | {COPY: "true"}
        command = [sys.executable, *(f"-X{key}={value}" for key, value in sys._xoptions.items()), *sys.argv]
        return os.posix_spawn(sys.executable, command, environ)
    sys.stdout.flush()
    sys.stderr.flush()
    # A signal between the fork and what follows it would be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, END)
    try:
        pid = os.fork()
        if pid == 0:
            for signum in END:
                signal.signal(signum, signal.SIG_DFL if signum != signal.SIGINT else signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, END)
            os.environ[COPY] = "true"
            become(program)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, END)
    return pid


def become(program: Program) -> NoReturn:
    """Be the program, until it ends: with 0, with os.EX_CONFIG, or BROKEN."""
    status = BROKEN
    try:
        from djheroku.commandline import execute

        execute([*program.arguments, *(program.debugged if debugging.listen() else ())])
        status = 0
    except KeyboardInterrupt:
        status = 0
    except SystemExit as end:
        if not end.code or end.code == os.EX_CONFIG:
            status = end.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        # Not sys.exit: what the supervisor registered for its own end must not run here.
        os._exit(status)
