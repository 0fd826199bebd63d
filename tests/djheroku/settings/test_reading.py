"""Pure functions: what the environ says becomes what Django wants."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from djheroku.settings import reading


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^Not set: A, C\. Do this\.$"):
        reading.require({"A": "", "B": "b"}, ["A", "B", "C"], advice="Do this.")
    reading.require({"B": "b"}, ["B"], advice="Do this.")


@pytest.mark.parametrize(
    ("url", "on_dyno", "sslmode"),
    [
        ("postgres://u:p@h/n", True, "require"),
        ("postgresql://u:p@h/n?sslmode=disable", True, "disable"),
        ("postgres://u:p@h/n", False, None),
    ],
)
def test_postgres_on_a_dyno_has_tls_unless_the_url_says_otherwise(url: str, on_dyno: bool, sslmode: str | None) -> None:
    entry = reading.database(url, on_dyno=on_dyno, lasting=True)
    assert entry["OPTIONS"].get("sslmode") == sslmode
    assert (entry["ENGINE"], entry["NAME"], entry["PASSWORD"]) == ("django.db.backends.postgresql", "n", "p")


def test_connections_last_only_where_threads_do() -> None:
    lasting = reading.database("postgres://h/n", on_dyno=True, lasting=True)
    assert (lasting["CONN_MAX_AGE"], lasting["CONN_HEALTH_CHECKS"]) == (600, True)
    assert reading.database("postgres://h/n", on_dyno=False, lasting=False)["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize("url", ["sqlite:///x", "mysql://h/n"])
def test_only_postgres(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="postgres://"):
        reading.database(url, on_dyno=False, lasting=False)


def test_the_certificate_is_left_unverified_with_tls_only() -> None:
    assert reading.redis_url("redis://h:6379/1") == "redis://h:6379/1"
    assert (
        reading.redis_url("rediss://:p%40ss@h:6380?socket_timeout=3")
        == "rediss://:p%40ss@h:6380?socket_timeout=3&ssl_cert_reqs=none&ssl_check_hostname=false"
    )
    with pytest.raises(ImproperlyConfigured, match="rediss://"):
        reading.redis_url("memcached://h")


@pytest.mark.parametrize("url", ["redis://:p@h:6379", "redis://:p@h:6379/", "redis://:p@h:6379/7"])
def test_another_database_of_the_same_redis(url: str) -> None:
    assert reading.redis_database(url, 3) == "redis://:p@h:6379/3"


def test_a_bucket_by_either_set_of_names() -> None:
    assert reading.bucket({"AWS_ACCESS_KEY_ID": "a"}) is None
    own = reading.bucket(
        {
            "AWS_STORAGE_BUCKET_NAME": "mine",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_REGION": "eu-west-1",
            "AWS_S3_ENDPOINT_URL": "http://localhost:9000",
        }
    )
    assert own is not None
    assert own["bucket_name"] == "mine"
    assert own["endpoint_url"] == "http://localhost:9000"
    bucketeer = reading.bucket(
        {
            "BUCKETEER_BUCKET_NAME": "theirs",
            "BUCKETEER_AWS_ACCESS_KEY_ID": "a",
            "BUCKETEER_AWS_SECRET_ACCESS_KEY": "s",
            "BUCKETEER_AWS_REGION": "us-east-1",
        }
    )
    assert bucketeer is not None
    assert (bucketeer["bucket_name"], bucketeer["access_key"], bucketeer["region_name"]) == ("theirs", "a", "us-east-1")
    assert "endpoint_url" not in bucketeer
