"""gunicorn on a dyno, in the container and in the rehearsal; each line with its reason."""

import os
import socket
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

MB = 1024 * 1024
# What a process of this site may take: the figure that Heroku's Python buildpack computes WEB_CONCURRENCY with.
MB_PER_PROCESS = 256
# cgroup v2, then v1: the same two places everywhere.
MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
# "No limit" is "max" in v2, and in v1 a number that no machine has: the largest 64-bit one, in whole pages.
UNLIMITED_MB = 1024 * 1024


def memory_mb(limits: tuple[Path, ...] = MEMORY_LIMITS) -> int | None:
    """Megabytes that the container may use; None where there is no limit."""
    for limit in limits:
        try:
            megabytes = int(limit.read_text()) // MB
        except (OSError, ValueError):
            continue
        return megabytes if megabytes < UNLIMITED_MB else None
    return None


def processes(*, cores: int, megabytes: int | None) -> int:
    """How many worker processes: one for every 256 MB, at most 2 * cores + 1; as many as cores where memory has no limit."""
    if megabytes is None:
        return max(1, cores)
    return max(1, min(cores * 2 + 1, megabytes // MB_PER_PROCESS))


def addresses(port: str) -> list[str]:
    """Where to listen: every IPv6 address, which is every IPv4 address too; only those where the machine has no IPv6."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return [f"0.0.0.0:{port}"]
    return [f"[::]:{port}"]


class QuietLogger(Logger):
    """gunicorn's own log without its access log.

    The site writes one line for a request itself (djheroku.requestlog). Heroku's buildpack sets GUNICORN_CMD_ARGS to
    `--access-logfile -`, which wins over a setting here: there would be two.
    """

    @property
    def access_log_enabled(self) -> bool:
        return False

    def access(self, *_: Any) -> None:
        """Nothing."""


environ = os.environ

# The router, and Compose's port, may come by IPv6 or IPv4.
bind = addresses(environ.get("PORT") or "8000")
# Threads: a request waits for the database most of its time. And the sync worker has no keep-alive at all.
worker_class = "gthread"
threads = int(environ.get("WEB_THREADS") or 4)
# Heroku computes WEB_CONCURRENCY for the dyno's size, in a slug only; an image has to look for itself.
workers = int(environ.get("WEB_CONCURRENCY") or 0) or processes(cores=os.cpu_count() or 1, megabytes=memory_mb())
# Router 2.0 keeps connections to a dyno open for 90 s. The side that closes first must be the router: a request that meets a
# connection the dyno is just closing fails with H13 or H18.
keepalive = 95
# The router gives up after 30 s (H12); a process that has not even let gunicorn know that it lives is killed before.
timeout = 25
# SIGTERM: requests in progress may finish. Heroku kills after 30 s.
graceful_timeout = 20
# No max_requests: Heroku starts every dyno anew once a day, and a process that ends under load is missed.
# The site is imported once, before the processes are forked: they share its memory, and a broken release fails at once instead of
# in a loop. Nothing may connect at import: no connection to Postgres or Redis is shared across a fork.
preload_app = True
# The file by which a process shows that it lives must be in memory: /tmp can be a slow disk, on which it would seem to hang.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
# Only the router can reach a dyno, at an address that changes: its X-Forwarded-Proto is to be believed.
forwarded_allow_ips = "*"
# Errors and starts, to the one place Heroku looks.
errorlog = "-"
accesslog = None
logger_class = QuietLogger
# New in gunicorn 25: a socket for `gunicornc` below $HOME. A dyno's user is a random one and may not write there, and nobody
# could reach it.
control_socket_disable = True
