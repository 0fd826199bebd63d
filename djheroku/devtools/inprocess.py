"""A worker without a horse, for the debugger."""

from rq.job import Job
from rq.queue import Queue

from djheroku.worker import Worker


class InProcessWorker(Worker):
    """Runs the jobs itself: a breakpoint in a job stops the process that the editor is attached to."""

    def start_horse(self) -> None:
        """There is none."""

    def execute_job(self, job: Job, queue: Queue) -> None:
        execution = self.prepare_execution(job)
        self.perform(job.id, queue.name, execution.id, execution.created_at)
