"""Everything of the site that speaks to Redis, once; run as a program by test_redis_tls.py. Prints what it found as JSON."""

import json

import django

OUTCOMES = ("cache", "queue", "worker")


def health() -> dict[str, bool]:
    """A job: the health checks that ask Redis, while a worker is alive for certain."""
    from djheroku.health.checks import CacheWorks, QueueAnswers, WorkerAlive
    from djheroku.health.probe import outcome_of

    checks = dict(zip(OUTCOMES, (CacheWorks(), QueueAnswers(), WorkerAlive()), strict=True))
    return {name: outcome_of(name, check).ok for name, check in checks.items()}


def main() -> None:
    django.setup()
    import django_rq
    from django.core.cache import cache
    from django.core.management import call_command

    cache.set("greeting", "hello", 60)
    job = django_rq.get_queue("default").enqueue("tests.integration.redis_tls_site.health")
    call_command("rqworker", "default", burst=True, verbosity=0)
    print(json.dumps({"cache": cache.get("greeting"), "health": job.return_value(refresh=True)}))


if __name__ == "__main__":
    main()
