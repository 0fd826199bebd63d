"""Which Python is asked for, and what the buildpack says about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.builds import versions
from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.versions import Requested
from tests.rehearsal.builds.conftest import write


@pytest.mark.parametrize(
    ("files", "cached", "expected"),
    [
        ({"runtime.txt": "python-3.12"}, None, Requested("3.12", "runtime.txt")),
        ({"runtime.txt": "  python-3.12.3\r\n"}, None, Requested("3.12.3", "runtime.txt")),
        ({"runtime.txt": "python-3.12", ".python-version": "3.13"}, None, Requested("3.12", "runtime.txt")),
        ({".python-version": "# ours\n\n3.13\n"}, None, Requested("3.13", ".python-version")),
        ({".python-version": "3.13"}, "3.12.1", Requested("3.13", ".python-version")),
        ({}, "3.12.1", Requested("3.12", "cached")),
        ({}, None, Requested("3.14", "default")),
    ],
)
def test_order_of_precedence(tmp_path: Path, files: dict[str, str], cached: str | None, expected: Requested) -> None:
    assert versions.requested(write(tmp_path / "app", files), "pip", cached) == expected


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ('{"_meta": {"requires": {"python_version": "3.12"}}}', "3.12"),
        ('{"_meta": {"requires": {"python_full_version": "3.12.4", "python_version": "3.12"}}}', "3.12.4"),
    ],
)
def test_pipfile_lock(tmp_path: Path, lock: str, expected: str) -> None:
    folder = write(tmp_path / "app", {"Pipfile.lock": lock})
    assert versions.requested(folder, "pipenv", None) == Requested(expected, "Pipfile.lock")


@pytest.mark.parametrize(
    ("files", "headline"),
    [
        ({"runtime.txt": "3.12"}, "Error: Invalid Python version in runtime.txt."),
        ({"runtime.txt": "python-3"}, "Error: Invalid Python version in runtime.txt."),
        ({"runtime.txt": "python-3.12\npython-3.13"}, "Error: Invalid Python version in runtime.txt."),
        ({".python-version": "python-3.12"}, "Error: Invalid Python version in .python-version."),
        ({".python-version": "3.x"}, "Error: Invalid Python version in .python-version."),
        ({".python-version": "\ufeff3.12"}, "Error: Unable to read .python-version."),
        ({".python-version": "# nothing\n"}, "Error: No Python version found in .python-version."),
        ({".python-version": "3.12\n3.13\n"}, "Error: Multiple Python versions found in .python-version."),
        ({"python-version": "3.12"}, "Error: Your .python-version file is spelled incorrectly."),
        ({".python-version.txt": "3.12"}, "Error: Your .python-version file is spelled incorrectly."),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, files: dict[str, str], headline: str) -> None:
    with pytest.raises(BuildFailed) as failed:
        versions.requested(write(tmp_path / "app", files), "pip", None)
    assert failed.value.message.splitlines()[0] == headline


@pytest.mark.parametrize(
    ("lock", "headline"),
    [("{", "Error: Can't parse Pipfile.lock."), ('{"_meta": {"requires": {"python_version": "3.*"}}}', "Error: Invalid")],
)
def test_a_broken_pipfile_lock(tmp_path: Path, lock: str, headline: str) -> None:
    with pytest.raises(BuildFailed, match=headline):
        versions.requested(write(tmp_path / "app", {"Pipfile.lock": lock}), "pipenv", None)


@pytest.mark.parametrize(
    ("version", "full"), [("3.14", "3.14.7"), ("3.10", "3.10.21"), ("3.14.7", "3.14.7"), ("3.12.0", "3.12.0")]
)
def test_a_series_means_its_newest(version: str, full: str) -> None:
    assert versions.resolve(Requested(version, ".python-version")) == full


@pytest.mark.parametrize(
    ("wanted", "headline"),
    [
        (Requested("3.9", "runtime.txt"), "Error: The requested Python version has reached end-of-life."),
        (Requested("2.7.18", "runtime.txt"), "Error: The requested Python version has reached end-of-life."),
        (Requested("3.9", "cached"), "Error: The cached Python version has reached end-of-life."),
        (Requested("3.15", ".python-version"), "Error: The requested Python version isn't recognised."),
        (Requested("4.0", ".python-version"), "Error: The requested Python version isn't recognised."),
        (Requested("3.14.99", ".python-version"), "Error: The requested Python version isn't available."),
    ],
)
def test_what_heroku_does_not_have(wanted: Requested, headline: str) -> None:
    with pytest.raises(BuildFailed) as failed:
        versions.resolve(wanted)
    assert failed.value.message.splitlines()[0] == headline


def test_remarks() -> None:
    def headlines(wanted: Requested, full: str) -> list[str]:
        return [remark.splitlines()[0] for remark in versions.remarks(wanted, full, "pip")]

    assert headlines(Requested("3.14", ".python-version"), "3.14.7") == []
    assert headlines(Requested("3.14", "runtime.txt"), "3.14.7") == ["Warning: The runtime.txt file is deprecated."]
    assert headlines(Requested("3.14", "default"), "3.14.7") == ["Warning: No Python version was specified."]
    assert headlines(Requested("3.10.1", ".python-version"), "3.10.1") == [
        "Warning: Support for Python 3.10 is deprecated!",
        "Warning: A Python patch update is available!",
    ]


@pytest.mark.parametrize("origin", ["runtime.txt", "default", "cached"])
def test_uv_wants_a_python_version_file(origin: str) -> None:
    with pytest.raises(BuildFailed, match=r"Error: (The runtime\.txt file isn't supported|No Python version was specified)"):
        versions.remarks(Requested("3.14", origin), "3.14.7", "uv")
