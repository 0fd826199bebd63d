"""Every scenario is one test, for both ways in which a site is delivered. All files of this room share the two sites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.toolbelt.release.scenarios.scene import Scene, staged


@pytest.fixture(scope="package")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Built by a buildpack, run by processes."""
    with staged(tmp_path_factory.mktemp("source") / "site", "source") as made:
        yield made


@pytest.fixture(scope="package")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Built from a Dockerfile, run in containers."""
    with staged(tmp_path_factory.mktemp("image") / "site", "image") as made:
        yield made


@pytest.fixture(scope="module", params=["source", pytest.param("image", marks=pytest.mark.docker)])
def site(request: pytest.FixtureRequest) -> Scene:
    made: Scene = request.getfixturevalue(request.param)
    return made
