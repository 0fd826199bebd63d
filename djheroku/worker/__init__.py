"""The worker: RQ's, with the promises that a platform which restarts processes every day asks for.

    parent.py        Worker: takes jobs from the queue, watches over the horse, ends in time when told to
    harness.py       the worker's end of a horse: fork, order, listen, interrupt, kill
    horse.py         Performer: the process that runs the jobs, one after another, and can be interrupted while it does
    registration.py  Registered: heartbeat, commit and release; the search for jobs whose worker has died
    returning.py     a job that was taken but not finished goes back to the front of its queue
    patience.py      Redis may be away for a while: commands wait for it

What is promised, and how it is kept:

- A stop (SIGTERM) takes no new job, gives the one in progress settings.WORKER_GRACE_SECONDS, then interrupts it and puts it
  back. The interruption can only strike while the job's function runs, never while its result is being recorded.
- Whoever removes the execution from the registry of started jobs decides what becomes of the job: its result is recorded, or it
  is put back, in one transaction. So it is never both.
- A worker that is killed outright leaves its job in that registry; another worker (or the next one) finds that its heartbeat
  has stopped and retries it: within two minutes, see the WORKER_ settings.
"""

from djheroku.worker.parent import Worker

__all__ = ["Worker"]
