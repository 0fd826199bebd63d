"""The cache, and with it the site's one pool of Redis connections: cache, rate limits, queue and health share it.

Django keeps a pool for every thread, and django-rq a new one for every queue it is asked for. Heroku's smallest Redis takes 20
connections, and each new one costs a TLS handshake. So: one pool for a process, capped by settings.REDIS_CONNECTIONS.
"""

import functools
from typing import Any

from django.conf import settings
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import BlockingConnectionPool, Redis


@functools.cache
def pool(url: str) -> BlockingConnectionPool:
    """The process's connections to *url*; after a fork redis-py starts afresh by itself."""
    return BlockingConnectionPool.from_url(
        url,
        max_connections=settings.REDIS_CONNECTIONS,
        # Seconds to wait for another thread to hand its connection back, for the server to accept one, and for an answer:
        # a visitor should see an error rather than wait for a server that is gone.
        timeout=2,
        socket_connect_timeout=2,
        socket_timeout=5,
    )


class Client(RedisCacheClient):
    """Django's client, on the shared pool."""

    def _get_connection_pool(self, write: bool) -> BlockingConnectionPool:
        return pool(self._servers[0])


class Cache(RedisCache):
    """Django's cache, on the shared pool; RQ_QUEUES names it as USE_REDIS_CACHE."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client

    def clear(self) -> bool:
        """Forget what was cached. Django's own would empty the whole database (FLUSHDB), and with it the queue."""
        client = self._client
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.unlink(key)
        return True

    @property
    def _client(self) -> Redis:
        """What django-rq asks of a cache that is to give it its connection (django_rq.connection_utils)."""
        return Redis(connection_pool=pool(self._servers[0]))
