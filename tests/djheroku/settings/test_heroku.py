"""The settings of a dyno: complete and safe, or not at all."""

import pytest

from tests.djheroku.settings.importing import KEY, SERVERS, complaint, run, settings


def test_it_names_everything_that_is_missing_and_what_to_do() -> None:
    said = complaint("heroku", REDIS_URL=SERVERS["REDIS_URL"])
    assert said.startswith("djheroku.settings.reading.NotSet: Not set: SECRET_KEY, DATABASE_URL.")
    assert "./inv secret" in said
    assert "./inv config.set" in said


@pytest.mark.parametrize("key", ["fourty-characters-are-not-enough-1234567", "a" * 60, "django-insecure-" + KEY])
def test_it_refuses_a_weak_key(key: str) -> None:
    said = complaint("heroku", SECRET_KEY=key, **SERVERS)
    assert "SECRET_KEY is too short or known" in said
    assert key not in said


def test_what_a_dyno_gets() -> None:
    found = settings(
        "heroku",
        SECRET_KEY=KEY,
        DYNO="web.1",
        HEROKU_RELEASE_VERSION="v42",
        HEROKU_SLUG_COMMIT="5106",
        HEROKU_BUILD_COMMIT="b111d",
        DATABASE_URL=SERVERS["DATABASE_URL"],
        REDIS_URL="rediss://:p@redis.example:6380",
    )
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["*"]
    assert found["BEHIND_ROUTER"] is True
    assert (found["COMMIT"], found["RELEASE_VERSION"]) == ("b111d", "v42")
    assert found["DATABASES"]["default"]["OPTIONS"]["sslmode"] == "require"
    assert "ssl_cert_reqs=none" in found["REDIS_URL"]
    assert found["CACHES"]["default"]["LOCATION"] == found["REDIS_URL"]
    assert not {"debug_toolbar", "djheroku.devtools"} & set(found["INSTALLED_APPS"])


def test_an_empty_variable_is_not_set() -> None:
    """Compose passes on what the host does not have as an empty string."""
    found = settings("heroku", SECRET_KEY=KEY, KEYGEN_SECONDS="", SEED="", COMMIT="", LOG_LEVEL="", **SERVERS)
    assert (found["KEYGEN_SECONDS"], found["SEED"], found["COMMIT"]) == (2.0, True, "unknown")


def test_the_deployment_checklist_has_nothing_to_say() -> None:
    """Without a server: settings, URLs and models only."""
    done = run(
        ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        DYNO="run.1",
        SECRET_KEY=KEY,
        **SERVERS,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues (2 silenced)" in done.stdout
