"""Where the processor's time goes while pages and jobs are made: shares of py-spy's samples, under load.

Needs py-spy on PATH (`uv tool install py-spy`, or `pipx install py-spy`), and root where the system restricts ptrace.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import web
import worker
from _site import machine, on_cpu, site, table

SECONDS, RATE = 10, 200
# A sample belongs to the first of these that is found in it, from the innermost call outwards.
PLACES = {
    "asking whether the database connection still lives": ("is_usable",),
    "forking": ("fork_work_horse", "Harness.start"),
    "templates": ("django/template/", "django/templatetags/", "keygen/templatetags/"),
    "database: Django's ORM and psycopg2": ("django/db/", "psycopg2/"),
    "Redis: its client, and the cache on it": ("(redis/", "django/core/cache/", "djheroku/cache.py"),
    "addresses (URL resolving and reversing)": ("django/urls/",),
    "sessions, CSRF, signing": (
        "django/contrib/sessions/",
        "django/middleware/csrf",
        "django/core/signing",
        "django/utils/crypto",
    ),
    "the log line": ("(logging/", "djheroku/requestlog", "djheroku/logfmt"),
    "other middleware": (
        "django/middleware/",
        "(csp/",
        "whitenoise/",
        "django/contrib/",
        "djheroku/permissions",
        "djheroku/health",
    ),
    "request and response": ("django/core/handlers/", "django/http/", "django/utils/"),
    "HTTP: gunicorn": ("gunicorn/",),
    "the site's own code": ("djheroku/keygen/",),
    "the worker's own code": ("djheroku/worker/",),
    "RQ": ("(rq/", "(django_rq/"),
    "importing": ("importlib",),
}
OTHER = "everything else"


def place(stack: str) -> str:
    """Where a sample belongs; *stack* is `outermost (file:line);...;innermost (file:line)`, files as py-spy shortens them."""
    for frame in reversed(stack.split(";")):
        for name, parts in PLACES.items():
            if any(part in frame for part in parts):
                return name
    return OTHER


def record(pid: int, load: Callable[[], object]) -> Counter[str]:
    """Samples by place, of a process and its children, while *load* runs.

    Only of threads that hold the interpreter's lock: on a busy machine a thread that waits for an answer from Postgres, or for
    its turn after that, is taken for one that works.
    """
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        argv = ["py-spy", "record", "--pid", str(pid), "--subprocesses", "--format", "raw", "--output", str(raw)]
        argv += ["--duration", str(SECONDS), "--rate", str(RATE), "--gil"]
        spy = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while spy.poll() is None:
            load()
        assert spy.stderr
        if spy.returncode or not raw.exists():
            raise SystemExit(f"py-spy: {spy.stderr.read().strip()}")
        found: Counter[str] = Counter()
        for line in raw.read_text().splitlines():
            stack, _, count = line.rpartition(" ")
            found[place(stack)] += int(count)
        return found


def pages(name: str, environ: dict[str, str]) -> Counter[str]:
    server = web.start(name, environ)
    try:
        client = on_cpu(1, [sys.executable, str(Path(web.__file__)), "--client", str(web.PORTS[name]), "/"])
        return record(server.pid, lambda: subprocess.run(client, check=True, capture_output=True))
    finally:
        server.terminate()
        server.wait()


def jobs(name: str) -> Counter[str]:
    from django_rq import get_queue

    queue = get_queue("default")
    worker.ask(50)
    process = worker.start(name, burst=False)

    def keep_it_busy() -> None:
        if queue.count < 100:
            worker.ask(50)

    try:
        worker.wait(lambda: queue.count < 50)
        return record(process.pid, keep_it_busy)
    finally:
        queue.empty()
        process.terminate()
        process.wait()


def show(title: str, names: Sequence[str], found: Sequence[Counter[str]]) -> None:
    rows = []
    for what in sorted({*PLACES, OTHER}, key=lambda what: -found[0][what]):
        shares = [100 * counter[what] / max(counter.total(), 1) for counter in found]
        if max(shares) >= 1:
            rows.append((what, *(f"{share:.0f}" for share in shares)))
    table(title, ("%", *names), rows)


def main() -> None:
    if shutil.which("py-spy") is None:
        print("\nprofiles: py-spy is not on PATH; see bench/profiles.py")
        return
    with site() as environ:
        names = list(web.COMMANDS)
        show("Where the time of a page goes", names, [pages(name, environ) for name in names])
        import os

        os.environ.update(environ)
        import django

        django.setup()
        names = list(worker.CLASSES)
        show("Where the time of a job goes", names, [jobs(name) for name in names])
    print(f"\nShares of the samples in which Python code ran, {RATE} a second for {SECONDS} s, under load. {machine()}")


if __name__ == "__main__":
    main()
