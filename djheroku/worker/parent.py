"""The worker itself: takes jobs from the queue, watches over the horse that runs them, and ends in time when told to."""

import contextlib
import os
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any
from uuid import uuid4

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DequeueTimeout, InvalidJobOperation, StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.utils import now
from rq.worker import WorkerStatus

from djheroku.worker.harness import Harness, Word
from djheroku.worker.horse import Performer
from djheroku.worker.patience import patient
from djheroku.worker.returning import put_back, put_back_unstarted

# Heroku kills 30 s after SIGTERM: whatever hangs, this is the end. The job's grace and the time it has to react are settings.
LIMIT_SECONDS = 24.0


class Worker(Performer):
    """RQ's worker with a horse for many jobs, and with the promises of this package."""

    # Three lines in the log for a job are enough.
    log_result_lifespan = False

    def __init__(
        self,
        queues: list[Queue],
        name: str | None = None,
        *,
        connection: Redis | None = None,
        prepare_for_work: bool = True,
        **kwargs: Any,
    ) -> None:
        """*prepare_for_work* is False where RQ only reads what another worker has written of itself."""
        self._harness: Harness | None = None
        self._stop_requested = False
        self._stopping_since: float | None = None
        self._works = prepare_for_work
        self._waiting = False
        self._at_work = False
        self._impatient = False
        if prepare_for_work:
            # Two dynos can have the same name for a moment: during a restart, and with preboot.
            name = name or f"{settings.DYNO or socket.gethostname()}.{os.getpid()}.{uuid4().hex[:8]}"
            connection = patient(
                connection or queues[0].connection,
                client_name=name,
                wanted=lambda: not self._stop_requested or self._at_work,
            )
            for queue in queues:
                queue.connection = connection
            kwargs["job_monitoring_interval"] = settings.WORKER_HEARTBEAT_SECONDS
            kwargs["maintenance_interval"] = settings.WORKER_MAINTENANCE_SECONDS
        super().__init__(queues, name, connection=connection, prepare_for_work=prepare_for_work, **kwargs)

    # Between jobs

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        self._install_signal_handlers()
        self.birth_date = now()
        # Before RQ starts its thread, for a process with one thread forks without surprises; nor need the first job wait for it.
        self.start_horse()
        super().bootstrap(*args, **kwargs)

    def start_horse(self) -> None:
        self._harness = Harness.start(self.serve, self.setup_work_horse_signals)
        self._horse_pid = self._harness.pid

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """Work until told to stop; RQ also returns after an error of its own, which is no success."""
        worked = super().work(*args, **kwargs)
        if not self._stop_requested and not any(kwargs.get(end) for end in ("burst", "max_jobs", "max_idle_time")):
            raise SystemExit(1)
        return worked

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> tuple[Job, Queue] | None:
        """Wait for a job; None after *max_idle_time* seconds without one, or in burst mode (no *timeout*)."""
        self.set_state(WorkerStatus.IDLE)
        idle_since = time.monotonic()
        while not self._stop_requested:
            self.heartbeat()
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()
            if timeout is not None and max_idle_time is not None:
                timeout = max(1, min(timeout, int(idle_since + max_idle_time - time.monotonic())))
            self._waiting = True
            try:
                taken = self.queue_class.dequeue_any(
                    self._ordered_queues,
                    timeout,
                    connection=self.connection,
                    job_class=self.job_class,
                    serializer=self.serializer,
                    death_penalty_class=self.death_penalty_class,
                )
            except DequeueTimeout:
                if max_idle_time is not None and time.monotonic() - idle_since >= max_idle_time:
                    return None
                continue
            except RedisError:
                if self._stop_requested:
                    break
                raise
            finally:
                self._waiting = False
            if taken is not None:
                job, queue = taken
                self.reorder_queues(reference_queue=queue)
                job.redis_server_version = self.get_redis_server_version()
                self.log.info("Worker %s: %s: %s (%s)", self.name, queue.name, job.description, job.id)
            return taken
        raise StopRequested

    # A job

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Have the horse run *job*, and see to it that it is recorded, put back, or counted as a failure."""
        self._at_work = True
        try:
            if self._stop_requested:
                # RQ takes from one queue by way of an intermediate list, from several without.
                if not put_back_unstarted(self.connection, job.id, queue) and len(self.queues) > 1:
                    queue.push_job_id(job.id, at_front=True)
                return
            self.prepare_execution(job)
            if self._harness is None or not self._harness.alive():
                self.start_horse()
            self._harness.order((job.id, queue.name, self.execution.id, self.execution.created_at))
            self.monitor_work_horse(job, queue)
        except BaseException:
            # Nobody would keep up the job's heartbeat now: it is run again once that is missed, but not twice at a time.
            if self._harness is not None:
                self._harness.kill()
            raise
        finally:
            self._at_work = False

    def monitor_work_horse(self, job: Job, queue: Queue) -> None:
        """Watch over the horse until the job is over, one way or another."""
        horse, interrupted_at = self._harness, None
        job.started_at = now()
        started = beat = time.monotonic()
        while True:
            word, more = horse.listen(1.0 if self._stopping_since is None else 0.05)
            if word is not Word.NOTHING:
                break
            moment = time.monotonic()
            if self._stopping_since is not None:
                if interrupted_at is None and moment - self._stopping_since >= self._grace_seconds:
                    self.log.warning("Worker %s: interrupting job %s", self.name, job.id)
                    horse.interrupt()
                    interrupted_at = moment
                elif interrupted_at is not None and moment - interrupted_at >= settings.WORKER_REACT_SECONDS:
                    horse.kill()
            # -1 is no time-out.
            if job.timeout and job.timeout > 0 and moment - started > job.timeout + 60:
                horse.kill()  # its own alarm has had no effect
            if moment - beat >= self.job_monitoring_interval:
                beat = moment
                self.set_current_job_working_time(moment - started)
                self.maintain_heartbeats(job)
        if not more:
            horse.release()
            self._harness, self._horse_pid = None, 0
        if word is Word.DEAD:
            self._handle_death(job, queue, horse.status, interrupted=interrupted_at is not None)

    def _handle_death(self, job: Job, queue: Queue, status: int, *, interrupted: bool) -> None:
        """What becomes of a job whose horse ended without a word."""
        execution = self.execution
        assert execution is not None
        if interrupted:
            if put_back(self.connection, job, queue, execution):
                self.log.warning("Worker %s: job %s put back at the front of %s", self.name, job.id, queue.name)
            return
        try:
            job.get_status()
        except InvalidJobOperation:
            return  # it is gone: done, and not meant to be kept
        if self.connection.zscore(queue.started_job_registry.key, execution.composite_key) is None:
            return  # it was recorded before the end
        job.ended_at = now()
        queue.intermediate_queue.remove(job.id)
        if self._stopped_job_id == job.id:
            reason = "Job stopped by user, work-horse terminated."
            if job.stopped_callback:
                job.execute_stopped_callback(self.death_penalty_class)
        else:
            signalled = f" (signal {os.WTERMSIG(status)})" if os.WIFSIGNALED(status) else ""
            reason = f"Work-horse terminated unexpectedly; waitpid returned {status}{signalled}; "
            self.handle_work_horse_killed(job, 0, status, None)
        self.log.warning("Worker %s: job %s failed (%s)", self.name, job.id, reason)
        self.handle_job_failure(job, queue=queue, exc_string=reason)

    # The end

    @property
    def _grace_seconds(self) -> float:
        return 0.0 if self._impatient else settings.WORKER_GRACE_SECONDS

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()
        signal.signal(signal.SIGHUP, self.request_stop)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Take no more jobs.

        SIGTERM, or Ctrl-C: the one in progress has its grace; again changes nothing, but a second Ctrl-C takes the grace away.
        SIGHUP, from the supervisor in development: it takes as long as it takes.
        """
        if not self._stop_requested:
            self._stop_requested = True
            self._shutdown_requested_date = now()
            threading.Thread(target=self._end_wait, name="end-wait", daemon=True).start()
        if signum == signal.SIGHUP:
            return
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            threading.Thread(target=self._end_in_time, name="end-in-time", daemon=True).start()
        elif signum == signal.SIGINT:
            self._impatient = True

    def _end_wait(self) -> None:
        """End the wait for a job. The server decides whether it ended with one or without: none is lost in between."""
        self.log.info("Worker %s [PID %d]: warm shut down requested", self.name, self.pid)
        while True:
            if self._waiting:
                with contextlib.suppress(RedisError):
                    for client in self.connection.client_list():
                        if client["name"] == self.name and client["cmd"] in ("blmove", "blpop"):
                            self.connection.client_unblock(int(client["id"]))
            time.sleep(0.02)

    def _end_in_time(self) -> None:
        """End the process if it has not ended by itself: Heroku would kill it."""
        time.sleep(LIMIT_SECONDS)
        self.log.error("Worker %s: not over in time, ending", self.name)
        if self._harness is not None:
            self._harness.kill()
        os._exit(1)

    def teardown(self) -> None:
        if self._harness is not None:
            self._harness.release()
            self._harness, self._horse_pid = None, 0
        with contextlib.suppress(RedisError):  # it forgets a worker without heartbeat by itself
            super().teardown()
