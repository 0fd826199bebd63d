"""Jobs per second of one worker, and how long an idle one takes to start a job: ours against RQ's default, in turn.

RQ's default worker forks for every job; ours keeps one process for many. Both lose no job when they are told to stop.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from _site import ROOT, machine, median, on_cpu, site, table

CLASSES = {"ours": "djheroku.worker.Worker", "RQ's default": "rq.Worker"}
ROUNDS, JOBS, SINGLES = 5, 200, 20


def start(name: str, *, burst: bool) -> subprocess.Popen[bytes]:
    argv = [
        sys.executable,
        "manage.py",
        "rqworker",
        "default",
        "--worker-class",
        CLASSES[name],
        *(["--burst"] if burst else []),
    ]
    return subprocess.Popen(on_cpu(0, argv), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def jobs_per_second(name: str) -> float:
    """From the first job's start to the last one's end, with all jobs in the queue before the worker starts."""
    from djheroku.keygen.models import Key

    Key.objects.filter(visitor__isnull=False).delete()
    ask(JOBS)
    start(name, burst=True).wait()
    done = Key.objects.filter(visitor__isnull=False, state="done").order_by("finished").values_list("finished", flat=True)
    assert len(done) == JOBS, f"{name}: {len(done)} of {JOBS} jobs were done"
    return (JOBS - 1) / (done[JOBS - 1] - done[0]).total_seconds()


def seconds_to_start(name: str) -> float:
    """Median of the time from enqueueing a job to its start, on a worker that has nothing else to do."""
    import django_rq
    from rq import Worker

    queue = django_rq.get_queue("default")
    worker = start(name, burst=False)
    try:
        wait(lambda: any(each.get_state() == "idle" for each in Worker.all(queue=queue)))
        found = []
        for _ in range(SINGLES):
            (job,) = ask(1)
            wait(lambda job=job: job.get_status(refresh=True) == "finished")
            job.refresh()
            found.append((job.started_at - job.enqueued_at).total_seconds())
            wait(lambda: any(each.get_state() == "idle" for each in Worker.all(queue=queue)))
        return median(found)
    finally:
        worker.terminate()
        worker.wait()


def ask(count: int) -> list:  # type: ignore[type-arg]
    import uuid

    from django_rq import get_queue

    from djheroku.keygen.jobs import make_key
    from djheroku.keygen.models import Key

    keys = Key.objects.bulk_create(Key(visitor=uuid.uuid4()) for _ in range(count))
    queue = get_queue("default")
    return [queue.enqueue(make_key, key.id) for key in keys]


def wait(condition) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("a worker did not do what it was waited for")
        time.sleep(0.005)


def main() -> None:
    with site() as environ:
        os.environ.update(environ)
        import django

        django.setup()
        rates: dict[str, list[float]] = {name: [] for name in CLASSES}
        delays: dict[str, list[float]] = {name: [] for name in CLASSES}
        for _ in range(ROUNDS):
            for name in CLASSES:
                rates[name].append(jobs_per_second(name))
                delays[name].append(seconds_to_start(name))
        table(
            f"One worker, jobs of 0 s, {JOBS} in the queue",
            ("worker", "jobs/s", "enqueue to start on an idle worker, ms"),
            [(name, f"{median(rates[name]):.0f}", f"{median(delays[name]) * 1000:.1f}") for name in CLASSES],
        )
    print(f"\nMedians of {ROUNDS} rounds, taken in turn. {machine()}")


if __name__ == "__main__":
    main()
