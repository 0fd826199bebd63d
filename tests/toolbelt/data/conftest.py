"""What tests of verbs on an app's data begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.harness import Running
from tests.toolbelt.data.kept import Kept
from toolbelt.commands.release import backups
from toolbelt.heroku import downloads


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    running = Running(tmp_path_factory.mktemp("rehearsal"), runtime="process")
    try:
        yield Kept.make(running, tmp_path_factory.mktemp("site"))
    finally:
        running.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between two looks, and between two attempts, that nobody has to wait for."""
    monkeypatch.setattr(backups, "EVERY", 0.05)
    monkeypatch.setattr(downloads, "LONGEST", 0.01)
