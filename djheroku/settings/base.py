"""What is the same wherever the site runs. The modules beside it say what differs, and check what they need first."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from environ import Env

from djheroku.settings import reading

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Env()
# An empty variable counts as not set: Compose passes on what the host does not have as "".
env.ENVIRON = {name: value for name, value in os.environ.items() if value}

# Which code this is. The image has COMMIT baked in; Heroku names the commit only where the app has
# `runtime-dyno-build-metadata` (HEROKU_BUILD_COMMIT) or `runtime-dyno-metadata` (HEROKU_SLUG_COMMIT).
COMMIT = next(
    (env.ENVIRON[name] for name in ("COMMIT", "HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT") if name in env.ENVIRON),
    "unknown",
)
RELEASE_VERSION = env.str("HEROKU_RELEASE_VERSION", default="")
DYNO = env.str("DYNO", default="")

# The site
KEYGEN_SECONDS = env.float("KEYGEN_SECONDS", default=2.0)
KEYGEN_RATE = env.str("KEYGEN_RATE", default="20/m")
SEED = env.bool("SEED", default=True)

DEBUG = False
BEHIND_ROUTER = False
ROOT_URLCONF = "djheroku.urls"
WSGI_APPLICATION = "djheroku.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_rq",
    "djheroku.keygen",
    "djheroku.queues",
]
MIDDLEWARE = [
    # First, so that a probe is answered whatever its Host header says, and without TLS.
    "djheroku.health.middleware.HealthMiddleware",
    "djheroku.requestlog.RequestLogMiddleware",
    "djheroku.permissions.PermissionsPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "djheroku" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# The servers behind it. Settings cannot be imported without them: a module that imports this one asks for them first.
DATABASES = {"default": reading.database(env.str("DATABASE_URL"), on_dyno=bool(DYNO), lasting=False)}
REDIS_URL = reading.redis_url(env.str("REDIS_URL"))
# Of the 20 connections of Heroku's smallest Redis, a process takes at most: web this many (two processes: 8), the worker two of
# its own (the wait for a job, and commands from the dashboard) and its horse one, and this many if its jobs use the cache.
REDIS_CONNECTIONS = 4
CACHES = {"default": {"BACKEND": "djheroku.cache.Cache", "LOCATION": REDIS_URL, "KEY_PREFIX": "djheroku"}}
RQ_QUEUES = {"default": {"USE_REDIS_CACHE": "default", "DEFAULT_TIMEOUT": 360}}
RQ = {"WORKER_CLASS": "djheroku.worker.Worker"}
# Told to stop, a worker gives its job this long to finish. Heroku kills 30 s after it asked.
WORKER_GRACE_SECONDS = 15.0
# Then the job is interrupted, and has this long to react (or to record a result) before its process is killed.
WORKER_REACT_SECONDS = 5.0
# A worker that was killed outright: its job counts as abandoned when it has missed heartbeats for this long, and the others look
# for such jobs every so often. Together: run again after at most 10 + 60 + 30 seconds.
WORKER_HEARTBEAT_SECONDS = 10
WORKER_ABANDONED_SECONDS = 60
WORKER_MAINTENANCE_SECONDS = 30
# An idle worker's heart beats after each wait for a job, which is no longer than the above: two of them, and some.
WORKER_ALIVE_SECONDS = 75

# Files
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "djheroku" / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = BASE_DIR / "media"
_bucket = reading.bucket(env.ENVIRON)
STORAGES = {
    "default": (
        {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _bucket}
        if _bucket
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# What is logged: to stdout, where Heroku and Compose look for it
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"logfmt": {"()": "djheroku.logfmt.Formatter"}},
    "handlers": {
        "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "logfmt"},
        "null": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stdout"], "level": env.str("LOG_LEVEL", default="INFO").upper()},
    "loggers": {
        # Django would add handlers of its own: a console only with DEBUG, a mail to nobody.
        "django": {"handlers": [], "propagate": True},
        # A 404 has its line already; a 500 has a traceback to show.
        "django.request": {"level": "ERROR"},
        # runserver's own line for every request: one is enough.
        "django.server": {"handlers": ["null"], "propagate": False},
    },
}

# What a browser may do with the pages. In development too, so that a page which breaks the policy is seen at once.
# The admin needs no more than this. Of django-rq's dashboard it blocks a few inline styles (column widths), and scripts
# which call a function that Django's admin has not had since 3.1: its pages, links and forms work.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
