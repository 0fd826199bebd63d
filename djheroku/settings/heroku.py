"""On a dyno, and in the image before it: complete and safe, or it does not start."""

import os

from django.core.exceptions import ImproperlyConfigured

from djheroku.settings import reading

reading.require(
    os.environ,
    ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"],
    advice=(
        "Make a key with ./inv secret and set it with ./inv config.set SECRET_KEY=...; the two URLs are set by the add-ons "
        "heroku-postgresql and heroku-redis (see app.json)."
    ),
)

from djheroku.settings.base import *
from djheroku.settings.base import DYNO, STORAGES, env

SECRET_KEY = env.str("SECRET_KEY")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure-"):
    raise ImproperlyConfigured("SECRET_KEY is too short or known: make one with ./inv secret (at least 50 characters).")

BEHIND_ROUTER = True
# The router passes on only requests for the app's own domains.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
DATABASES = {"default": reading.database(env.str("DATABASE_URL"), on_dyno=bool(DYNO), lasting=True)}

# The router ends TLS, and sets this header itself whatever the client sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# A year. Not for subdomains: *.herokuapp.com is not ours, and on one's own domain that is the owner's decision.
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SILENCED_SYSTEM_CHECKS = [
    "security.W005",
    "security.W021",
]  # the two about subdomains and preload, above

STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
# Nobody asks for the names without a hash: half the files to compress, to copy and to list at start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
