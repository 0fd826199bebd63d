"""Config vars for an app that is to be like another one: the same names, and values that are nobody's."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Mapping

from toolbelt.manifest import Variable
from toolbelt.secret import Secret

GENERATED = 32  # bytes; Heroku's `generator: secret` makes 64 hexadecimal digits
# Where a value came from, in the words of the report.
MANIFEST, GENERATOR, MADE_UP, LEFT_OUT = "as app.json has it", "generated, as app.json says", "made up", "left out"
ADDON = "by an add-on"
# A made-up value of these would be no value at all: the program would not even start.
UNKNOWABLE = re.compile(r"^(PYTHON|PIP_|NODE_|BUILDPACK_|LD_|NLTK|GUNICORN_)|(^|_)(MODULE|PATH|HOME|CMD|ARGS|OPTIONS)$")
# What stands in a name, and what a value of it looks like; the first that fits is taken.
SHAPES: tuple[tuple[str, str], ...] = (
    (r"ALLOWED_HOSTS|(^|_)HOSTS?$|DOMAIN", "{host}"),
    (r"SENTRY|DSN", "https://0123456789abcdef0123456789abcdef@errors.invalid/1"),
    (r"^DISABLE_", "1"),
    (r"^DEBUG$|^USE_|^ENABLE_|_ENABLED$|_DEBUG$", "0"),
    (r"DATABASE_URL|POSTGRES.*URL", "postgres://nobody:{secret}@database.invalid:5432/none"),
    (r"REDIS.*URL|VALKEY.*URL", "redis://:{secret}@redis.invalid:6379"),
    (r"URL|ENDPOINT|URI$", "https://service.invalid/{word}"),
    (r"PASSWORD|PASSWD|SECRET|TOKEN|(^|_)KEY$|CREDENTIAL|SALT|SIGNATURE", "{secret}"),
    (r"EMAIL|SENDER", "nobody@mail.invalid"),
    (r"REGION", "us-east-1"),
    (r"(^|_)PORT$", "587"),
    (r"WEB_CONCURRENCY|WORKERS|THREADS", "2"),
    (r"SECONDS|TIMEOUT|LIMIT|MAX|MIN|COUNT|SIZE|_AGE$|_DAYS$|_HOURS$|PERCENT", "10"),
    (r"LOG_?LEVEL", "INFO"),
    (r"(^|_)(TZ|TIME_?ZONE)$", "UTC"),
    (r"LANGUAGE|LOCALE", "en"),
)


def made_up(
    names: Iterable[str], *, env: Mapping[str, Variable], taken: Collection[str], host: str
) -> tuple[dict[str, Secret | None], dict[str, str]]:  # fmt: skip
    """A value for each name, and where it came from; no value of the other app is asked for, or known here.

    taken: names that add-ons bring; host: where the app answers, for settings that want to know.
    """
    values: dict[str, Secret | None] = {}
    origins: dict[str, str] = {}
    for name in sorted(set(names) | {name for name, variable in env.items() if variable.generated or variable.value}):
        if name in taken:
            origins[name] = ADDON
            continue
        value, origins[name] = _value(name, env.get(name), host)
        if value:
            values[name] = Secret(value)
    return values, origins


def _value(name: str, variable: Variable | None, host: str) -> tuple[str, str]:
    if variable is not None:
        if variable.generated:
            return secrets.token_hex(GENERATED), GENERATOR
        if variable.value:
            return variable.value, MANIFEST
        if not variable.required:  # the site does without it, and a made-up value might be one that it refuses
            return "", LEFT_OUT
    if UNKNOWABLE.search(name):
        return "", LEFT_OUT
    for pattern, shape in SHAPES:
        if re.search(pattern, name):
            return shape.format(secret=secrets.token_hex(16), host=host, word=secrets.token_hex(4)), MADE_UP
    return f"made-up-{secrets.token_hex(4)}", MADE_UP


def grouped(origins: Mapping[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names by where their values came from, for the report."""
    order = (MANIFEST, GENERATOR, ADDON, MADE_UP, LEFT_OUT)
    found = ((origin, tuple(sorted(name for name, where in origins.items() if where == origin))) for origin in order)
    return tuple((origin, names) for origin, names in found if names)
