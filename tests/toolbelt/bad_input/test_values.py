"""Values that cannot be, or hardly: too long, no text, empty; and a release phase that is not waited for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.toolbelt.bad_input.conftest import Bench, Told
from toolbelt.commands.apps import config as config_
from toolbelt.heroku import streams

pytestmark = pytest.mark.slow


def test_more_than_heroku_keeps(bench: Bench, tell: Callable[..., Told]) -> None:
    before = bench.values()
    told = tell(config_.set_, pairs=["KEYGEN_RATE=5/m", f"HUGE={'x' * 70_000}"], force=True)
    assert told.status == 1
    assert "64 KB" in told.err
    assert "xxx" not in told.whole
    assert bench.values() == before


def test_bytes_that_are_no_text(bench: Bench, tell: Callable[..., Told]) -> None:
    before = bench.values()
    told = tell(config_.set_, pairs=["A=1", "NOTE=\udcff"], force=True)
    assert told.status == 2
    assert "NOTE is no text" in told.err
    reading, writing = os.pipe()
    os.write(writing, b"abc\xff")
    os.close(writing)
    with os.fdopen(reading) as stdin:
        told = tell(config_.set_, stdin=stdin, pairs=["NOTE"], force=True)
    assert told.status == 2
    assert "byte 3 is not UTF-8" in told.err
    assert bench.values() == before


def test_ctrl_c_in_the_middle_of_a_release_phase(
    bench: Bench, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_words: object, **_named: object) -> Iterator[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(streams, "follow", interrupted)
        told = tell(config_.set_, pairs=["NOTE=1"], force=True)
    assert told.status == 130
    assert "is made, and its release phase goes on at Heroku" in told.err
    assert "The config vars are set all the same" in told.err
    assert "→ ./inv releases.output v" in told.err
    assert bench.values()["NOTE"] == "1"


def test_an_empty_value_is_a_value(bench: Bench, tell: Callable[..., Told]) -> None:
    told = tell(config_.set_, pairs=["NOTE="], force=True)
    assert "removed" not in told.whole
    assert bench.values()["NOTE"] == ""
    tell(config_.unset, names=["NOTE"])
    assert "NOTE" not in bench.values()
