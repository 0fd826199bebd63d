"""How the value of a config var is shown."""

from __future__ import annotations

import pytest

from toolbelt import variables
from toolbelt.secret import Secret


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_CONCURRENCY", "4"),
        ("WEB_THREADS", "2"),
        ("KEYGEN_RATE", "20/m"),
        ("KEYGEN_SECONDS", "2.0"),
        ("ALLOWED_HOSTS", "a.example,b.example"),
        ("LOG_LEVEL", "INFO"),
        ("WEB_HOME", "https://www.example.com"),
    ],
)
def test_open(name: str, value: str) -> None:
    assert variables.shown(name, Secret(value), open_=False) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_PUSH_PRIVATE_KEY", "hush"),
        ("WEB_PUSH_KEYS", "hush"),
        ("WEB_PASSWD", "hush"),
        ("WEB_token", "hush"),
        ("KEYGEN_SECRET", "hush"),
        ("KEYGEN_KEY", "hush"),
        ("KEYGEN_CREDENTIALS", "hush"),
        ("KEYGEN_PRIVATE", "hush"),
        ("WEB_HOOK", "https://me:hush@example.com"),
        ("DATABASE_URL", "hush"),
        ("ANY", "hush"),
    ],
)
def test_kept(name: str, value: str) -> None:
    assert "hush" not in variables.shown(name, Secret(value), open_=False)
    assert variables.shown(name, Secret(value), open_=True) == value
