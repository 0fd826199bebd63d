"""Redis may be away for a while: a worker waits for it instead of ending."""

import logging
import time
from collections.abc import Callable
from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.connection import ConnectionPool
from redis.exceptions import AuthenticationError, ConnectionError, ReadOnlyError, TimeoutError
from redis.retry import Retry
from rq.connections import get_connection_kwargs

logger = logging.getLogger(__name__)

REPORT_SECONDS = 5.0


class Patience(Retry):
    """Repeats a command until Redis answers, for as long as *wanted* says so; a refused password is final."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        # 0.05 s, 0.1 s, ... 2 s, for ever. A replica that is about to be promoted is read-only for a moment.
        super().__init__(
            ExponentialBackoff(cap=2.0, base=0.05),
            retries=-1,
            supported_errors=(ConnectionError, TimeoutError, ReadOnlyError, OSError),
        )
        self.wanted = wanted
        self.reported = float("-inf")

    def __deepcopy__(self, memo: dict[int, Any]) -> "Patience":
        # redis-py copies it into every connection; there is nothing in it that they must not share.
        return self

    def call_with_retry(self, do: Callable[[], Any], fail: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def failed(error: Exception, *count: int) -> None:
            fail(error, *count)
            if isinstance(error, AuthenticationError) or not self.wanted():
                raise error
            if time.monotonic() - self.reported > REPORT_SECONDS:
                self.reported = time.monotonic()
                logger.warning("Redis does not answer (%s): trying again", type(error).__name__)

        return super().call_with_retry(do, failed, *args, **kwargs)


def patient(connection: Redis, *, client_name: str, wanted: Callable[[], bool]) -> Redis:
    """A connection to the same server as *connection*, with a pool of its own, that waits while *wanted* says so."""
    pool = connection.connection_pool
    kwargs = get_connection_kwargs(connection) | {
        "client_name": client_name,
        "retry": Patience(wanted),
        # Longer than the wait for a job: the worker sets its own (rq.worker.BaseWorker._set_connection).
        "socket_timeout": None,
        # A server that vanished without a word is noticed even in the middle of a long wait.
        "socket_keepalive": True,
    }
    return Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **kwargs))
