"""The worker's end of a horse: start it, give it jobs, hear what became of them, interrupt it, kill it."""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from enum import Enum
from multiprocessing.connection import Connection
from typing import NoReturn

from django.db import connections

from djheroku.worker.horse import INTERRUPT, Order

END_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Word(Enum):
    """What is heard of a horse."""

    NOTHING = "it is still at work"
    DONE = "the job's result or failure is recorded"
    DEAD = "it ended, or was killed, before it could say so"


class Harness:
    """One horse, from fork to end."""

    def __init__(self, pid: int, channel: Connection) -> None:
        self.pid = pid
        self.status = 0
        self._channel = channel

    @classmethod
    def start(cls, serve: Callable[[Connection, int], NoReturn], prepare: Callable[[], None]) -> "Harness":
        """Fork a horse, which calls *prepare*, then *serve*; the signals that end a worker wait until *prepare* is done."""
        # The two must not share a connection to the database; to Redis, redis-py takes care of it.
        connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
        # What is there now stays for ever: the collector need not look at it, and so does not make the horse copy its pages.
        gc.collect()
        gc.freeze()
        worker, (ours, theirs) = os.getpid(), multiprocessing.Pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                # A group of its own: the job's children die with it, and Ctrl-C in a terminal does not reach it.
                os.setpgid(0, 0)
                ours.close()
                prepare()
                signal.pthread_sigmask(signal.SIG_UNBLOCK, END_SIGNALS)
                serve(theirs, worker)
            # By whoever comes first, so that kill() never meets the worker's own group. It may have ended already.
            with contextlib.suppress(OSError):
                os.setpgid(pid, pid)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, END_SIGNALS)
        theirs.close()
        return cls(pid, ours)

    def alive(self) -> bool:
        return self.pid != 0 and not self._reap(os.WNOHANG)

    def order(self, order: Order) -> None:
        # If it died this instant, listen() will say so.
        with contextlib.suppress(BrokenPipeError):
            self._channel.send(order)

    def listen(self, seconds: float) -> tuple[Word, bool]:
        """Wait at most *seconds*: what is heard, and whether it will take another job."""
        try:
            if self._channel.poll(seconds):
                return Word.DONE, bool(self._channel.recv())
        except (EOFError, OSError):
            self._reap(0)
            return Word.DEAD, False
        # A child of the job may have inherited the horse's end and outlived it: then there is no end of file.
        return (Word.NOTHING, True) if self.alive() else (Word.DEAD, False)

    def interrupt(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, INTERRUPT)

    def kill(self) -> None:
        """Kill it, and what its job has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def release(self) -> None:
        """Let it end: it does when the pipe is closed."""
        self._channel.close()
        if self.pid:
            self._reap(0)

    def _reap(self, options: int) -> bool:
        """True when it has ended; self.status is then what os.waitpid says."""
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            pid, status = self.pid, 0
        if pid:
            self.pid, self.status = 0, status
        return bool(pid)
