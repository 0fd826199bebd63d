"""What the environ says, turned into what Django's settings want: pure functions, and one complaint for all that is missing."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env


class NotSet(ImproperlyConfigured):
    """Variables are missing from the environ: the message says which, and what to do."""


def require(environ: Mapping[str, str], names: Sequence[str], *, advice: str) -> None:
    """Refuse to go on unless every one of *names* has a value; all that are missing are named at once.

    Raises NotSet: the missing names, then *advice*.
    """
    missing = [name for name in names if not environ.get(name)]
    if missing:
        raise NotSet(f"Not set: {', '.join(missing)}. {advice}")


def database(url: str, *, on_dyno: bool, lasting: bool) -> dict[str, Any]:
    """A DATABASES entry for the Postgres at *url*; *lasting* keeps connections open between requests.

    Heroku Postgres accepts TLS only, and its URL does not say so; the certificate is not signed by a public authority, so
    `require` is as far as it goes.
    """
    config: dict[str, Any] = dict(Env.db_url_config(url))
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must start with postgres:// or postgresql://")
    options = config.setdefault("OPTIONS", {})
    if on_dyno:
        options.setdefault("sslmode", "require")
    # A server that does not answer must not hold a request for the two minutes that TCP would.
    options.setdefault("connect_timeout", 5)
    # Ten minutes: below the limits of Heroku's network; a connection that died meanwhile is noticed before it is used.
    config["CONN_MAX_AGE"] = 600 if lasting else 0
    config["CONN_HEALTH_CHECKS"] = lasting
    return config


def redis_url(url: str) -> str:
    """*url* as every user of Redis is to have it: with TLS, the certificate is not verified.

    Heroku Key-Value Store signs its own certificate. redis-py reads these two from the URL itself, and what is in the URL
    wins over keyword arguments, so that the cache, RQ and the health checks cannot differ.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss"):
        raise ImproperlyConfigured("REDIS_URL must start with redis:// or rediss://")
    if parts.scheme == "redis":
        return url
    query = dict(parse_qsl(parts.query)) | {
        "ssl_cert_reqs": "none",
        "ssl_check_hostname": "false",
    }
    return urlunsplit(parts._replace(query=urlencode(query)))


def redis_database(url: str, number: int) -> str:
    """*url* with another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def bucket(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """Options of django-storages' S3Storage, from AWS's own names or those of the Bucketeer add-on; None without a bucket.

    https://devcenter.heroku.com/articles/bucketeer: BUCKETEER_AWS_ACCESS_KEY_ID, ..._SECRET_ACCESS_KEY, ..._REGION and
    BUCKETEER_BUCKET_NAME.
    """
    for key_prefix, bucket_name in (
        ("", "AWS_STORAGE_BUCKET_NAME"),
        ("BUCKETEER_", "BUCKETEER_BUCKET_NAME"),
    ):
        if not environ.get(bucket_name):
            continue
        options: dict[str, Any] = {
            "bucket_name": environ[bucket_name],
            "access_key": environ.get(f"{key_prefix}AWS_ACCESS_KEY_ID") or None,
            "secret_key": environ.get(f"{key_prefix}AWS_SECRET_ACCESS_KEY") or None,
            "region_name": environ.get(f"{key_prefix}AWS_REGION") or None,
            "endpoint_url": environ.get("AWS_S3_ENDPOINT_URL") or None,
            # Two visitors may upload the same name.
            "file_overwrite": False,
            # Buckets made since 2023 have no ACLs: access is by signed, expiring URLs.
            "default_acl": None,
            "signature_version": "s3v4",
        }
        return {name: value for name, value in options.items() if value is not None or name == "default_acl"}
    return None
