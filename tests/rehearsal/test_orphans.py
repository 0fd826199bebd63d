"""A rehearsal's folder is removed by hand: the next rehearsal removes what is left of it in the engine, and nothing else."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal import orphans
from rehearsal.clearing import clear
from tests.rehearsal.harness import Running
from tests.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.strip()


def left(label: str) -> set[str]:
    """What there is in the engine under a label: containers, volumes, networks, images."""
    listed = [
        *(f"container {each}" for each in docker("ps", "-aq", "--filter", f"label=djheroku.rehearsal={label}").split()),
        *(f"volume {each}" for each in docker("volume", "ls", "-q", "--filter", f"name=djheroku-{label}").split()),
        *(f"network {each}" for each in docker("network", "ls", "-q", "--filter", f"name=djheroku-{label}").split()),
        *(f"image {each}" for each in docker("images", "-q", f"djheroku-rehearsal-{label}").split()),
        *(f"image {each}" for each in docker("images", "-q", "--filter", f"label=djheroku.rehearsal={label}").split()),
    ]
    return set(listed)


@pytest.fixture
def mine() -> Iterator[str]:
    """An image of somebody's own."""
    name = f"somebodys-own-{secrets.token_hex(4)}:1"
    container = docker("create", "registry:3")
    docker("commit", "--message", name, container, name)
    docker("rm", "--volumes", container)
    yield name
    docker("image", "rm", name)


@pytest.fixture
def two(tmp_path: Path, mine: str) -> Iterator[tuple[Running, Running]]:
    """Two rehearsals with something of each kind in the engine."""
    made = [Running(tmp_path / name / ".djheroku" / "rehearsal", runtime="docker") for name in ("gone", "stays")]
    for each in made:
        label = each.world.label
        container = docker(
            "run", "--detach", "--label", f"djheroku.rehearsal={label}", "--volume", f"djheroku-{label}-db:/data",
            "--entrypoint", "sleep", mine, "600",
        )  # fmt: skip
        docker("tag", mine, f"djheroku-rehearsal-{label}:code")
        docker("commit", "--change", f"LABEL djheroku.rehearsal={label}", container, f"djheroku-rehearsal-slug:{label}")
    yield made[0], made[1]
    for each in made:
        shutil.rmtree(each.home, ignore_errors=True)
        each.call(orphans.remove())
        each.stop()


def test_only_what_belongs_to_a_folder_that_is_gone(two: tuple[Running, Running], mine: str, tmp_path: Path) -> None:
    gone, stays = two
    kinds = [each.split()[0] for each in sorted(left(gone.world.label))]
    assert kinds == ["container", "image", "image", "network", "volume", "volume"]
    before = left(stays.world.label)
    stays.call(orphans.remove())
    assert left(gone.world.label)  # its folder is there still
    shutil.rmtree(tmp_path / "gone")
    assert stays.call(orphans.remove()) == [gone.home]
    assert left(gone.world.label) == set()
    assert left(stays.world.label) == before
    assert docker("images", "-q", mine)


def test_the_next_rehearsal_does_it(two: tuple[Running, Running], tmp_path: Path) -> None:
    gone, stays = two
    shutil.rmtree(tmp_path / "gone")
    stays.call(stays.world.runtime.start())
    until(lambda: not left(gone.world.label), what="nothing is left")
    assert left(stays.world.label)


def test_a_folder_that_was_made_anew_does_not_keep_what_the_old_one_had(tmp_path: Path, mine: str) -> None:
    home = tmp_path / ".djheroku" / "rehearsal"
    labels = []
    for life in ("first", "again", "anew"):
        running = Running(home, runtime="docker")
        label = running.world.label
        labels.append(label)
        there = docker("volume", "ls", "-q", "--filter", f"name=djheroku-{label}-db")
        assert bool(there) == (life == "again")
        docker("volume", "create", f"djheroku-{label}-db")
        running.stop()
        if life != "first":
            shutil.rmtree(tmp_path / ".djheroku")
    assert len(set(labels)) == 1
    asyncio.run(orphans.remove())
    assert left(labels[0]) == set()


def test_one_that_is_thrown_away_takes_its_own_along(two: tuple[Running, Running], mine: str) -> None:
    gone, stays = two
    before = left(stays.world.label)
    (gone.home / "something").write_text("kept")
    asyncio.run(clear(gone.home))
    assert left(gone.world.label) == set()
    assert not gone.home.exists()
    assert left(stays.world.label) == before
    assert docker("images", "-q", mine)


def test_folders_of_another_machine_are_not_ours_to_judge(two: tuple[Running, Running], monkeypatch: pytest.MonkeyPatch) -> None:
    gone, stays = two
    label = gone.world.label
    docker("volume", "rm", f"djheroku-{label}")
    with monkeypatch.context() as patched:
        patched.setattr(orphans.socket, "gethostname", lambda: "another")
        gone.call(orphans.mark(label, gone.home, "an id"))
    shutil.rmtree(gone.home)
    assert stays.call(orphans.remove()) == []
    assert left(label)
    with monkeypatch.context() as patched:
        patched.setattr(orphans.socket, "gethostname", lambda: "another")
        assert stays.call(orphans.remove()) == [gone.home]
