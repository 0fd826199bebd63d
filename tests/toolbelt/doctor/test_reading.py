"""What looks like a secret, what .dockerignore lets through, and what stands in for a config var."""

from __future__ import annotations

import pytest

from toolbelt.doctor import dockerignore, shipping, standing


@pytest.mark.parametrize(
    ("patterns", "path", "allowed"),
    [
        ("*\n!djheroku/**/*.py\n**/.*", "djheroku/health/checks.py", True),
        ("*\n!djheroku/**/*.py\n**/.*", "djheroku/wsgi.py", True),
        ("*\n!djheroku/**/*.py\n**/.*", "djheroku/.env", False),
        ("*\n!djheroku/**/*.py\n**/.*", "djheroku/.secret/a.py", False),
        (".env", ".env", False),
        (".env", "web/.env", True),
        ("**/.env", "web/.env", False),
        ("/web/", "web/deep/.env", False),
        ("# .env\n", ".env", True),
        ("*.[kp]ey\nid_rs?", "a.key", False),
        ("*.[kp]ey\nid_rs?", "id_rsa", False),
        ("*.[!k]ey", "a.key", True),
    ],
)
def test_dockerignore_is_read_as_buildkit_does(patterns: str, path: str, allowed: bool) -> None:
    assert dockerignore.allows(patterns)(path) is allowed


@pytest.mark.parametrize("name", [".env", ".env.local", "a/id_rsa", "x.p12", "b.sql.gz", ".netrc", "credentials.json"])
def test_names_that_a_secret_has(name: str) -> None:
    assert shipping.looks_secret(name)


@pytest.mark.parametrize(
    "name", [".env.example", "environment.py", "keys.py", "tests/site.key", "key.py", "fixtures/x.db", "a.sql"]
)
def test_names_that_none_has(name: str) -> None:
    assert not shipping.looks_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        "s3cr3t-Passw0rd-of-somebody",
        "postgres://u:hunter2@db.example.com:5432/x",
        "rediss://:hunter2@h:1",
        "https://key@sentry.example.com/1",
        "django-insecure-hunter2hunter2",
    ],
)
def test_nothing_of_a_secret_is_in_its_stand_in(value: str) -> None:
    made = standing.stand_in("ANY", value)
    for word in ("s3cr", "Passw", "hunter2", "example.com", "sentry"):
        assert word not in made


def test_a_stand_in_is_like_the_real_one_in_what_a_check_looks_at() -> None:
    assert standing.stand_in("DEBUG", "True") == "True"
    assert standing.stand_in("KEYGEN_RATE", "20/m") == "20/m"
    assert standing.stand_in("ALLOWED_HOSTS", "a.example,b.example") == "a.example,b.example"
    assert len(standing.stand_in("SECRET_KEY", "x-y-z" * 3)) == 15
    assert len(set(standing.stand_in("SECRET_KEY", "aaaaaaa"))) == 1
    assert standing.stand_in("SECRET_KEY", "django-insecure-abc").startswith("django-insecure-")
    assert standing.stand_in("DATABASE_URL", "postgres://x@y/z").startswith("postgres://")
    assert standing.stand_in("EMPTY", "") == ""


def test_of_a_url_only_the_scheme_is_kept_and_a_dsn_stays_one() -> None:
    assert standing.stand_in("SENTRY_DSN", "https://hunter2@sentry.example.com/77") == "https://nobody@stand-in.invalid/1"


def test_closer_to_the_real_ones_no_server_is_reached_and_what_is_said_is_masked() -> None:
    values = {"KEY": "hunter2hunter2", "DATABASE_URL": "postgres://u:hunter2@db.example.com/x", "N": "5"}
    assert standing.like(values, closer=True) == {"KEY": "hunter2hunter2", "DATABASE_URL": standing.URLS["postgres"], "N": "5"}
    assert standing.masked("bad value 'hunter2hunter2' of 5", values) == "bad value '…' of 5"
