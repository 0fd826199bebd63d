"""Databases that do not answer, and disks that are full."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.toolbelt.bad_input.conftest import Bench, Told
from tests.toolbelt.bad_input.lines import SECRET
from toolbelt.commands.data import databases, fixtures, moving
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import configvars
from toolbelt.secret import Secret

pytestmark = pytest.mark.slow


def test_a_database_that_does_not_answer(bench: Bench, tell: Callable[..., Told]) -> None:
    bench.create("tiny-far")
    bench.stage("far", "tiny-far")
    address = f"postgres://u:{SECRET}@127.0.0.1:1/d"
    configvars.change(bench.client, "tiny-far", {"DATABASE_URL": Secret(address)})
    for verb, options in (
        (databases.info, {"as_json": False}),
        (databases.console, {"words": []}),
        (databases.extension, {"name": "hstore"}),
    ):
        told = tell(verb, stage="far", **options)
        assert told.status == 1
        assert "The database server does not answer" in told.err
        assert "d on 127.0.0.1:1" in told.err
    configvars.change(bench.client, "tiny-far", {"DATABASE_URL": Secret(f"mysql://u:{SECRET}@h/d")})
    told = tell(databases.info, stage="far", as_json=False)
    assert "not an address of a Postgres database" in told.err


def test_a_disk_that_is_full_in_the_middle_of_a_copy() -> None:
    with pytest.raises(ToolbeltError) as caught, moving.told("djheroku is as it was."):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.headline == "No space left on device"
    assert caught.value.finding == "djheroku is as it was."
    assert "Make room" in caught.value.todo


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path]).returncode:
        pytest.skip("nobody here may mount")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_a_disk_that_is_full_under_a_fixture(tell: Callable[..., Told], full: Path) -> None:
    told = tell(fixtures.dump, words=[], output_file=str(full / "all.json"))
    assert told.status == 1
    assert "all.json could not be written" in told.err
    assert "No space left on device. Nothing was kept of it." in told.err
    assert list(full.iterdir()) == []
