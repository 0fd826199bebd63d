"""The tests' settings for a worker process, except that a test may say how long a key takes."""

from djheroku.settings.base import env
from djheroku.settings.test import *  # noqa: F403

KEYGEN_SECONDS = env.float("KEYGEN_SECONDS")
