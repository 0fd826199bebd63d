"""Tests: the site as on Heroku, without what only gets in their way. Imports nothing that the production image lacks."""

import os

from djheroku.settings import reading

reading.require(
    os.environ,
    ["DATABASE_URL", "REDIS_URL"],
    advice="Run the tests with ./inv test, which starts the servers.",
)

# A process of a parallel test run has a database of its own in Redis, as it has in Postgres: 1, 2, ... The environ of the first
# process is that of the others, so the number is counted from their names again.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["REDIS_URL"] = reading.redis_database(os.environ["REDIS_URL"], int(worker.removeprefix("gw")) + 1)

from djheroku.settings.base import *

SECRET_KEY = "only-for-tests-" + "0123456789abcdefghijklmnopqrstuvwxyz-"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", "[::1]"]
KEYGEN_SECONDS = 0.0
# Hashing a password slowly is the point of the others.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Nothing is collected here: WhiteNoise would complain at every start that the folder is not there.
STATIC_ROOT = None
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
