"""An app of its own, in a rehearsal of this process: so that a test can make a lock old."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.harness import Running
from tests.toolbelt.lock.locks import drop, hooks
from tests.toolbelt.rehearsed import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.make(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def rehearsal(site: Site) -> Iterator[Running]:
    """In this process, so that a test can make a lock old."""
    running = Running(site.root / ".djheroku" / "rehearsal", runtime="process")
    site.create()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _clean(rehearsal: Running) -> Iterator[None]:
    yield
    rehearsal.http.post("/_rehearsal/faults", json={})
    for hook in hooks(rehearsal):
        drop(rehearsal, hook)
