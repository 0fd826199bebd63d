"""The site as Heroku runs it, on servers of its own, for the measurements beside this file."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from toolbelt.stack.servers import Postgres, Valkey  # noqa: E402


@contextmanager
def site() -> Iterator[dict[str, str]]:
    """Postgres and Valkey with the site's tables and example keys; yields the environ of its processes."""
    home = Path(tempfile.mkdtemp(prefix="djheroku-bench-"))
    postgres, valkey = Postgres(home / "postgres"), Valkey(home / "valkey")
    try:
        postgres.start()
        valkey.start()
        environ = {
            **{name: value for name, value in os.environ.items() if name not in ("PORT", "WEB_CONCURRENCY")},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "djheroku.settings.heroku",
            "SECRET_KEY": "measured-with-and-thrown-away-0123456789-abcdefghijklmnopqrstuvwxyz",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "KEYGEN_SECONDS": "0",
        }
        for command in (["migrate", "--no-input"], ["loaddata", "keygen"], ["collectstatic", "--no-input"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environ, check=True, capture_output=True)
        yield environ
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)


def on_cpu(number: int, argv: Sequence[str]) -> list[str]:
    """A command line bound to one processor, where the system can do that and has more than one."""
    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cpus) < 2 or shutil.which("taskset") is None:
        return list(argv)
    return ["taskset", "--cpu-list", str(cpus[number % len(cpus)]), *argv]


def machine() -> str:
    """One line that says what was measured on."""
    import platform

    model = (
        next(
            (
                line.partition(":")[2].strip()
                for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")
            ),
            platform.machine(),
        )
        if Path("/proc/cpuinfo").exists()
        else platform.machine()
    )
    return f"{os.cpu_count()} × {model}, {platform.system()}, Python {platform.python_version()}"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A Markdown table, so that what is printed can be kept as it is."""
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    sys.stdout.flush()


def median(values: Iterable[float]) -> float:
    return statistics.median(values)
