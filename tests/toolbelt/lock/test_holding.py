"""Who holds a lock, written into an address and read again; and whether that process is still there."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from toolbelt.commands.lock import holding
from toolbelt.commands.lock.holding import Holder

ELSEWHERE = Holder(
    who="ann@example.com", host="ann@laptop", pid=1234, commit="c0ffee0" + "0" * 33, since=datetime.now(UTC), verb="deploy",
    born=1.0, place="another machine",
)  # fmt: skip


@pytest.mark.parametrize(
    "address",
    ["https://deploy-lock.invalid/", "https://deploy-lock.invalid/?pid=x&born=y&since=z", "https://deploy-lock.invalid/?a=%ff"],
)
def test_a_lock_that_says_little_is_still_one(address: str) -> None:
    held = holding.read(address, None)
    assert held is not None
    assert not held.gone()
    assert held.since.tzinfo is not None


def test_what_is_written_is_read(tmp_path: Path) -> None:
    held = replace(ELSEWHERE, who="a+b&c=d@example.com", since=datetime(2026, 11, 21, tzinfo=UTC))
    held = replace(held, asked=held.since.isoformat())
    assert holding.read(holding.url(held, nonce="n"), None) == held
    assert holding.read("https://example.com/?who=me", None) is None


def test_pids_are_used_again() -> None:
    tools_place = holding._place()
    assert replace(ELSEWHERE, pid=os.getpid(), born=1.0, place=tools_place).gone()
    assert not replace(ELSEWHERE, pid=os.getpid(), born=1.0, place="another").gone()
