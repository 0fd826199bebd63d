"""What most tests of deploys begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.toolbelt.rehearsed import Site, rehearsed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that is deployed to a rehearsal, without Docker."""
    with rehearsed(tmp_path_factory.mktemp("site")) as made:
        yield made
