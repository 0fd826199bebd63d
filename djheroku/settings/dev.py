"""Development, in Docker and out of it: nothing here is safe to show to the world."""

import os
import sys
from pathlib import Path

from csp.constants import NONCE, SELF
from environ import Env

from djheroku.settings import reading

# What a developer keeps in .env, unless the environ says otherwise. Never on a dyno: dev settings do not run there.
Env.read_env(Path(__file__).resolve().parent.parent.parent / ".env")
reading.require(
    os.environ,
    ["DATABASE_URL", "REDIS_URL"],
    advice="Start the stack with ./inv up, or run the command as ./inv manage -- ....",
)

from djheroku.settings.base import *
from djheroku.settings.base import (
    CONTENT_SECURITY_POLICY,
    INSTALLED_APPS,
    MIDDLEWARE,
    TEMPLATES,
    env,
)

DEBUG = True
SECRET_KEY = env.str("SECRET_KEY", default="django-insecure-for-development-only-and-known-to-everybody")
# `web` is the site's name among the Compose services.
ALLOWED_HOSTS = [
    "localhost",
    ".localhost",
    "127.0.0.1",
    "[::1]",
    "0.0.0.0",
    "web",
    *env.list("ALLOWED_HOSTS", default=[]),
]

# The toolbar looks for PostGIS, and that for its C libraries: a fifth of a second at every reload. Not for a site with GeoDjango.
sys.modules.setdefault("django.contrib.gis", None)
INSTALLED_APPS = [
    "djheroku.devtools",
    # runserver leaves static files to WhiteNoise, as gunicorn does.
    "whitenoise.runserver_nostatic",
    *INSTALLED_APPS,
    "debug_toolbar",
]
# Nothing is collected here: WhiteNoise would complain at every start that the folder is not there.
STATIC_ROOT = None
MIDDLEWARE = [*MIDDLEWARE, "debug_toolbar.middleware.DebugToolbarMiddleware"]
DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": "debug_toolbar.middleware.show_toolbar_with_docker", "SHOW_COLLAPSED": True}
# Read anew for every page: a saved template is on the next one, in web and in the worker, without a restart.
TEMPLATES[0]["APP_DIRS"] = False
TEMPLATES[0]["OPTIONS"]["loaders"] = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
INTERNAL_IPS = ["127.0.0.1", "::1"]
# The toolbar marks its own scripts and styles with a nonce.
CONTENT_SECURITY_POLICY["DIRECTIVES"] |= {
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
}

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
