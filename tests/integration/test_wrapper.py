"""`./inv` itself: what it says to a machine without a fitting Python, and what it makes on a fresh one."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.checkout import Checkout


def inv(checkout: Checkout, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    child = {**checkout.child_environ(), **environ}
    return subprocess.run(["./inv", *words], cwd=checkout.root, env=child, capture_output=True, text=True, timeout=600)


def test_an_old_python_gets_one_clear_sentence(tmp_path: Path) -> None:
    checkout = Checkout.make(tmp_path / "clone")
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.18" && exit 0\nexit 1\n')
    old.chmod(0o755)
    refused = inv(checkout, "status", PYTHON=str(old))
    assert refused.returncode == 1
    assert refused.stderr.startswith("✗ Python 3.11 or newer is needed; found: Python 3.9.18\n→ ")
    assert not (checkout.root / ".venv").exists()


def test_it_can_be_called_from_anywhere(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parent.parent.parent
    if not (root / ".venv" / ".installed").exists():
        pytest.skip("this checkout's .venv was not made by ./inv")
    said = subprocess.run([root / "inv", "secret"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert len(said.stdout.strip()) == 64


@pytest.mark.slow
@pytest.mark.parametrize("with_uv", [False, True], ids=["pip", "uv"])
def test_the_first_use_makes_the_venv_and_says_so(tmp_path: Path, with_uv: bool) -> None:
    checkout = Checkout.make(tmp_path / "clone")
    programs = tmp_path / "bin"
    programs.mkdir()
    if with_uv:
        import uv

        (programs / "uv").symlink_to(uv.find_uv_bin())
    # Nothing of this run's own .venv, so that its Python and uv are not found by accident.
    path = os.pathsep.join([str(programs), *(p for p in os.environ["PATH"].split(os.pathsep) if ".venv" not in p)])
    if not with_uv and shutil.which("uv", path=path):
        pytest.skip("uv is on PATH: pip would not be used")
    first = inv(checkout, "secret", PATH=path)
    assert first.returncode == 0, first.stderr
    assert "First time here" in first.stderr
    assert len(first.stdout.strip()) == 64
    began = time.monotonic()
    second = inv(checkout, "secret", PATH=path)
    assert second.stderr == ""
    assert time.monotonic() - began < 20
