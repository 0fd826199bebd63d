"""A builder in a folder of this machine, and what a build of it says."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rehearsal.builds.builder import Builder
from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.slug import BuiltSlug
from rehearsal.records import App
from rehearsal.store import Store
from tests.rehearsal.builds.source import plain, tarball

HERE = ".".join(platform.python_version_tuple()[:2])


@dataclass
class Workshop:
    """Builds of one app, one after the other; said is what the last one printed, without colours."""

    home: Path
    runtime: str = "process"
    said: str = ""
    app: App = field(default_factory=lambda: App(name="shop", stack="heroku-24", build_stack="heroku-24"))

    def __post_init__(self) -> None:
        # What is downloaded or made once is shared by all tests of a run.
        shared = self.home.parent / "downloads"
        shared.mkdir(exist_ok=True)
        (self.home / "cache").mkdir()
        (self.home / "cache" / "downloads").symlink_to(shared)
        world = SimpleNamespace(
            home=self.home, label="builds", store=Store(self.home / "store"), runtime=SimpleNamespace(name=self.runtime)
        )
        self.builder = Builder(cast(Any, world))

    def build(
        self,
        files: Mapping[str, str | bytes],
        *,
        config: Mapping[str, str] | None = None,
        buildpacks: tuple[str, ...] = (),
        executable: tuple[str, ...] = (),
    ) -> BuiltSlug:
        """Build these files, with the Python of this machine unless they name another."""
        files = {".python-version": f"{HERE}\n", **files} if "runtime.txt" not in files else files
        said: list[str] = []
        source = tarball(self.home / "source.tgz", files, executable=executable)
        output = SimpleNamespace(write=said.append)
        try:
            return asyncio.run(
                self.builder.build(self.app, source, version="c0ffee", environ=config or {}, buildpacks=buildpacks, output=output)
            )
        finally:
            self.said = plain("".join(said))

    def fails(self, files: Mapping[str, str | bytes], **more: Any) -> str:
        """Build these files, which must fail; returns the reason."""
        with pytest.raises(BuildFailed) as failed:
            self.build(files, **more)
        assert failed.value.rejected in self.said
        return failed.value.message


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Nothing was built in it yet."""
    return Workshop(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """For all tests of a file, which find in its cache what the one before has installed."""
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Another, for an app with other requirements."""
    return Workshop(tmp_path_factory.mktemp("site"))


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
