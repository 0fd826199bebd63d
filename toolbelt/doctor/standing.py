"""Stand-ins for config vars: like the real ones in all that a check looks at, and no secret.

The site is looked at under the names of the app's config vars. What Django's checks judge is not the value but its
shape: whether a key is long, whether a URL is one of Postgres'.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from urllib.parse import urlsplit

from toolbelt.manifest import Manifest

# What these say is needed to judge the site, and is no secret: which settings, which hosts, whether it is debugged.
OPEN = frozenset(("DJANGO_SETTINGS_MODULE", "DEBUG", "ALLOWED_HOSTS", "LOG_LEVEL", "TZ", "LANG", "WEB_CONCURRENCY"))
# Switches, numbers, rates and durations: a setting cannot be read without them.
PLAIN = re.compile(r"(?i:true|false|yes|no|on|off|none)|\d{1,6}(\.\d{1,6})?(/?[smhd])?")
ALPHABET = string.ascii_letters + string.digits
INSECURE = "django-insecure-"


def stand_in(name: str, value: str) -> str:
    """Something of the same shape. Nothing of a secret is in it but its length and, of a URL, the scheme."""
    if name in OPEN or PLAIN.fullmatch(value) or not value:
        return value
    scheme = urlsplit(value).scheme if "://" in value else ""
    if scheme:
        return URLS.get(scheme, f"{scheme}://nobody@stand-in.invalid/1")
    if value.startswith(INSECURE):
        return INSECURE + _word(len(value) - len(INSECURE), ALPHABET)
    return _word(len(value), ALPHABET[: max(1, min(len(set(value)), len(ALPHABET)))])


def like(values: Mapping[str, str], *, closer: bool = False) -> dict[str, str]:
    """An environ with the names of these config vars. closer: with their real values, but for addresses: no server is
    to be reached. For a process that we start, and for nothing else."""
    return {name: value if closer and "://" not in value else stand_in(name, value) for name, value in values.items()}


def masked(text: str, values: Mapping[str, str]) -> str:
    """What a process says that had real values, without them."""
    secret = {value for name, value in values.items() if name not in OPEN and len(value) >= 4 and not PLAIN.fullmatch(value)}
    for value in sorted(secret, key=len, reverse=True):
        text = text.replace(value, "…")
    return text


def fresh(manifest: Manifest) -> dict[str, str]:
    """An environ such as a new app would be given by app.json."""
    given = {
        name: GENERATED if each.generated else each.value for name, each in manifest.env.items() if each.generated or each.value
    }
    for addon in manifest.addons:
        given |= ADDONS.get(addon.plan.partition(":")[0], {})
    return given


def _word(length: int, letters: str) -> str:
    return (letters * (length // len(letters) + 1))[:length]


# Port 1 answers nobody, at once.
URLS: Mapping[str, str] = {
    "postgres": "postgres://nobody:nothing@127.0.0.1:1/nothing",
    "postgresql": "postgresql://nobody:nothing@127.0.0.1:1/nothing",
    "redis": "redis://127.0.0.1:1/0",
    "rediss": "rediss://:nothing@127.0.0.1:1/0",
}
# Where no app is looked at: what a new one would be given.
ADDONS: Mapping[str, Mapping[str, str]] = {
    "heroku-postgresql": {"DATABASE_URL": URLS["postgres"]},
    "heroku-redis": {"REDIS_URL": URLS["rediss"]},
}
GENERATED = _word(64, ALPHABET)  # as long as what `generator: secret` makes
