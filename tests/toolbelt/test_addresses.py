"""What of an address may be shown."""

from __future__ import annotations

import pytest

from toolbelt.addresses import UNREADABLE, shown_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("heroku/python", "heroku/python"),
        ("urn:buildpack:heroku/python", "urn:buildpack:heroku/python"),
        ("git@github.com:me/pack.git", "git@github.com:me/pack.git"),
        ("me:hush@github.com/me/pack", "github.com/me/pack"),
        ("https://github.com/me/pack.git#v2", "https://github.com/me/pack.git#v2"),
        ("https://me:hush@github.com/me/pack.git#v2", "https://github.com/me/pack.git#v2"),
        ("https://hush@github.com/me/pack", "https://github.com/me/pack"),
        ("https://x.example:8443/pack.tgz?signature=hush", "https://x.example:8443/pack.tgz"),
        ("https://me:hu/sh@github.com/pack", UNREADABLE),
        ("https://me:12/hush@github.com/pack", UNREADABLE),
        ("https://me:12#hush@github.com/pack", UNREADABLE),
        ("https://[hush@github.com/pack", UNREADABLE),
    ],
)
def test_names_that_may_be_addresses(text: str, expected: str) -> None:
    assert shown_name(text) == expected
