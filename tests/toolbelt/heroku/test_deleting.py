"""A DELETE whose answer was lost: what its repeat does not find any more is gone as it was asked for."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.toolbelt.heroku.serving import Door, said
from toolbelt.heroku import addons, apps, collaborators, domains, dynos, webhooks
from toolbelt.heroku.client import Client
from toolbelt.heroku.refusals import Forbidden, NotFound, Unavailable, Unreachable

LOST = httpx.ReadError("reset by peer")
NEVER_SENT = httpx.ConnectError("no route")
GONE = said(404, {"id": "not_found", "resource": "addon", "message": "Couldn't find that add-on."})
NO_APP = said(404, {"id": "not_found", "resource": "app", "message": "Couldn't find that app."})
DELETED: list[Callable[[Client], None]] = [
    lambda client: addons.destroy(client, "mine", "redis-x-1"),
    lambda client: collaborators.remove(client, "mine", "a@example.com"),
    lambda client: domains.remove(client, "mine", "www.example.com"),
    lambda client: webhooks.delete(client, "mine", "1"),
]


@pytest.mark.parametrize("delete", DELETED)
@pytest.mark.parametrize("first", [LOST, httpx.ReadTimeout("slow"), said(503)], ids=["lost", "late", "503"])
def test_a_repeat_that_finds_nothing_is_done(delete: Callable[[Client], None], first: httpx.Response | Exception) -> None:
    door = Door(first, GONE)
    delete(door.client())
    assert len(door.requests) == 2


def test_an_app_too() -> None:
    door = Door(LOST, NO_APP)
    apps.destroy(door.client(), "mine")
    assert door.asked == ["DELETE /apps/mine"] * 2


def test_a_doubt_lasts_over_what_comes_between() -> None:
    door = Door(LOST, said(429, {"id": "rate_limit"}), NEVER_SENT, GONE)
    addons.destroy(door.client(), "mine", "redis-x-1")
    assert len(door.requests) == 4


@pytest.mark.parametrize("before", [[], [said(429, {"id": "rate_limit"})], [NEVER_SENT]], ids=["first", "429", "never sent"])
def test_what_was_never_there_is_not_found(before: list[httpx.Response | Exception]) -> None:
    with pytest.raises(NotFound, match="Heroku has no such addon for mine"):
        addons.destroy(Door(*before, GONE).client(), "mine", "redis-x-1")


def test_an_app_that_is_not_there_says_nothing_of_what_is_in_it() -> None:
    with pytest.raises(NotFound, match="There is no app mine"):
        addons.destroy(Door(LOST, NO_APP).client(), "mine", "redis-x-1")


def test_a_dyno_that_is_restarted_is_not_gone() -> None:
    none = said(404, {"id": "not_found", "resource": "dyno", "message": "Couldn't find that dyno."})
    with pytest.raises(NotFound, match="no such dyno"):
        dynos.restart(Door(LOST, none).client(), "mine", "web.9")


def test_another_no_stays_one() -> None:
    for last, kind in ((said(403, {"id": "forbidden"}), Forbidden), (said(503), Unavailable), (LOST, Unreachable)):
        with pytest.raises(kind):
            addons.destroy(Door(LOST, last).client(), "mine", "redis-x-1")
