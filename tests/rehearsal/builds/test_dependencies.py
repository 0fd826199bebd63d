"""psycopg2 on a machine that cannot compile it, and the Python that is nearest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.builds import dependencies, pythons
from rehearsal.builds.pythons import Python

PYTHON = Python("3.11.7", "/usr/bin/python3")
LOCKED = """\
django==5.2 \\
    --hash=sha256:aaa
psycopg2==2.9.13 \\
    --hash=sha256:bbb \\
    --hash=sha256:ccc
    # via djheroku (pyproject.toml)
redis==8.1 --hash=sha256:ddd
"""


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "can_compile", lambda _: False)


def instead(tmp_path: Path, text: str) -> tuple[str, str] | None:
    (tmp_path / "requirements.txt").write_text(text)
    return dependencies.instead_of_psycopg2(tmp_path / "requirements.txt", PYTHON)


@pytest.mark.usefixtures("no_compiler")
def test_the_wheel_of_the_same_version_and_the_rest_with_its_hashes(tmp_path: Path) -> None:
    made = instead(tmp_path, LOCKED)
    assert made is not None
    wheel, rest = made
    assert wheel == "psycopg2-binary==2.9.13"
    assert "psycopg2" not in rest
    assert [line for line in rest.splitlines() if "--hash" in line] == ["    --hash=sha256:aaa", "redis==8.1 --hash=sha256:ddd"]


@pytest.mark.usefixtures("no_compiler")
@pytest.mark.parametrize(
    ("text", "wheel"),
    [
        ("psycopg2\n", "psycopg2-binary"),
        ("psycopg2 == 2.9\n", "psycopg2-binary==2.9"),
        ("psycopg2>=2.8,<3 ; python_version > '3'\n", "psycopg2-binary>=2.8,<3"),
        ("psycopg2-binary\n", None),
        ("# psycopg2\n", None),
        ("", None),
    ],
)
def test_other_ways_to_write_it(tmp_path: Path, text: str, wheel: str | None) -> None:
    made = instead(tmp_path, text)
    assert (made and made[0]) == wheel


def test_where_it_can_be_compiled_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "can_compile", lambda _: True)
    assert instead(tmp_path, LOCKED) is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("3.14.7", "3.13.2"), ("3.13.15", "3.13.2"), ("3.11.1", "3.11.7"), ("3.12.0", "3.13.2"), ("3.10.1", "3.11.7")],
)
def test_the_nearest_python(wanted: str, expected: str) -> None:
    found = [Python(version, "") for version in ("3.11.7", "3.13.0", "3.13.2", "3.11.2")]
    nearest = pythons.nearest(wanted, found)
    assert nearest is not None
    assert nearest.version == expected


def test_where_pythons_are_looked_for(tmp_path: Path) -> None:
    for version in ("3.9.1", "3.13.0", "3.12.1"):
        there = tmp_path / ".pyenv/versions" / version / "bin/python3"
        there.parent.mkdir(parents=True)
        there.touch()
    on_path = {"python3": "/usr/bin/python3", "python3.12": f"{tmp_path}/.pyenv/shims/python3.12"}
    found = pythons.on_this_machine("3.13", which=on_path.get, home=tmp_path)
    assert found[0] == f"{tmp_path}/.pyenv/versions/3.13.0/bin/python3"
    assert "/usr/bin/python3" in found
    assert not any("shims" in path or "3.9.1" in path for path in found)


def test_scripts_find_the_python_beside_them(tmp_path: Path) -> None:
    scripts = tmp_path / ".heroku/python/bin"
    scripts.mkdir(parents=True)
    (scripts / "tool").write_text("#!/build/1/.heroku/python/bin/python3\nprint('tool')\n")
    (scripts / "tool").chmod(0o755)
    (scripts / "other").write_text("#!/bin/sh\necho other\n")
    pythons.make_relocatable(tmp_path)
    assert (scripts / "tool").read_bytes().startswith(pythons.SHEBANG)
    assert (scripts / "tool").stat().st_mode & 0o111
    assert (scripts / "other").read_text().startswith("#!/bin/sh\necho")
