"""Whose request it is, for the limit: the address that can be believed."""

from typing import Any

import pytest
from django.test import RequestFactory

from djheroku.keygen import limits


@pytest.mark.parametrize(
    ("behind_router", "forwarded", "expected"),
    [
        (False, "203.0.113.9", "192.0.2.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "10.0.0.1, 203.0.113.9", "203.0.113.9"),  # the first is whatever the client wrote
        (True, None, "192.0.2.1"),
        (True, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (True, "10.0.0.1, not an address", "not an address"),
    ],
)
def test_the_address_that_counts(settings: Any, behind_router: bool, forwarded: str | None, expected: str) -> None:
    settings.BEHIND_ROUTER = behind_router
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().post("/keys/", headers=headers, REMOTE_ADDR="192.0.2.1")
    assert limits.client(request) == expected


def test_the_limit_says_when_it_ends(settings: Any) -> None:
    settings.KEYGEN_RATE = "1/h"
    request = RequestFactory().post("/keys/")
    limits.count(request)
    with pytest.raises(limits.TooMany) as refusal:
        limits.count(request)
    assert 1 <= refusal.value.seconds <= 3600


def test_a_cache_that_does_not_answer_is_told_apart(cache_is_dead: None) -> None:
    with pytest.raises(limits.Unavailable):
        limits.count(RequestFactory().post("/keys/"))
