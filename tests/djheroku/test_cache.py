"""The cache shares its Redis with the queue: clearing one must leave the other."""

from __future__ import annotations

import django_rq
from django.core.cache import cache


def test_clearing_the_cache_leaves_the_queue() -> None:
    queue = django_rq.get_queue("default")
    queue.empty()
    queue.enqueue("builtins.len", "a job that must stay")
    cache.set("name", "value")
    assert cache.get("name") == "value"
    cache.clear()
    assert cache.get("name") is None
    assert queue.count == 1
    queue.empty()
