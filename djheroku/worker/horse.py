"""The horse: the process that runs the jobs.

RQ forks one for every job, and throws away with it the connection to the database, the one to Redis, and all that was imported.
This one lives for many jobs: it gets them through a pipe, and is replaced after a failed one, after JOBS, and when it has grown.
A job that crashes or hangs still takes down only its horse, never the worker.
"""

import ctypes
import logging
import os
import random
import resource
import signal
import sys
from datetime import datetime
from multiprocessing.connection import Connection
from types import FrameType
from typing import NoReturn

from django.db import close_old_connections, reset_queries
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue

from djheroku.worker.registration import Registered

# What the worker asks its horse to do: job id, queue name, execution id, the time the execution was made.
Order = tuple[str, str, str, datetime]

# A leak of 1 MB in every job is 200 MB here: a Standard-1X dyno has 512.
JOBS = 200
GROWTH_MB = 64
INTERRUPT = signal.SIGUSR1
INTERRUPTED = os.EX_TEMPFAIL


class Interrupted(BaseException):
    """The worker must end now: the job is to be put back. Not an Exception, so that a job does not take it for its own."""


def die_with_parent(parent: int) -> None:
    """Linux kills this process when the worker is killed: nobody would keep up its heartbeat, and the job is run again."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1  # linux/prctl.h
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:  # it died before that
        os._exit(INTERRUPTED)


def peak_mb() -> float:
    """The most memory this process has had; ru_maxrss is in kilobytes, on macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


class Performer(Registered):
    """The half of the worker that runs in the horse."""

    _interruptible = False
    _asked_to_stop = False

    def serve(self, channel: Connection, parent: int) -> NoReturn:
        """Run the jobs that come through *channel*; after each, tell whether another may come. Ends the process."""
        status = 1
        try:
            die_with_parent(parent)
            self._is_horse = True
            random.seed()
            first_peak = peak_mb()
            for served in range(1, JOBS + 1):
                order: Order = channel.recv()
                succeeded = self.perform(*order)
                more = succeeded and served < JOBS and peak_mb() - first_peak < GROWTH_MB
                channel.send(more)
                if not more:
                    break
            status = 0
        except (EOFError, ConnectionError):  # the worker has ended
            status = 0
        except Interrupted:
            status = INTERRUPTED
        except BaseException:
            self.log.exception("Worker %s: the horse failed", self.name)
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            # Not sys.exit: what the worker registered for its own end must not run here.
            os._exit(status)

    def perform(self, job_id: str, queue_name: str, execution_id: str, created_at: datetime) -> bool:
        """Run one job and record what became of it; False when it failed."""
        queue = next(queue for queue in self.queues if queue.name == queue_name)
        job = self.job_class.fetch(job_id, connection=self.connection, serializer=self.serializer)
        self.execution = Execution(execution_id, job_id, self.connection, worker_name=self.name)
        self.execution.created_at = created_at
        # As Django does around a request: a connection that is too old or broken is not used, nor is one left unusable behind.
        reset_queries()
        close_old_connections()
        try:
            return self.perform_job(job, queue)
        finally:
            close_old_connections()
            sys.stdout.flush()

    def prepare_job_execution(self, job: Job, remove_from_intermediate_queue: bool = False) -> None:
        super().prepare_job_execution(job, remove_from_intermediate_queue)
        self._interruptible = True
        if self._asked_to_stop:
            raise Interrupted

    def handle_execution_ended(self, job: Job, queue: Queue, heartbeat_ttl: int) -> None:
        """RQ calls this when the function has returned, or from the handler of whatever it raised."""
        self._interruptible = False
        if isinstance(sys.exc_info()[1], Interrupted):
            raise  # past RQ, for which any exception is a failure of the job
        super().handle_execution_ended(job, queue, heartbeat_ttl)

    def setup_work_horse_signals(self) -> None:
        """Heroku sends SIGTERM to every process of a dyno, a terminal SIGINT: it is for the worker to decide what happens.

        Handlers that do nothing, not SIG_IGN: that would be inherited by the programs that a job starts.
        """
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: None)
        signal.signal(INTERRUPT, self._interrupt)

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:
        self._asked_to_stop = True
        if self._interruptible:
            self._interruptible = False
            raise Interrupted
