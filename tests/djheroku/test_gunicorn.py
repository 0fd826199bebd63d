"""How many processes, and where to listen: computed from files that a test can write."""

from pathlib import Path

import pytest

from djheroku.gunicorn import addresses, memory_mb, processes


def limit(folder: Path, name: str, text: str | None) -> Path:
    file = folder / name
    if text is not None:
        file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("v2", "v1", "megabytes"),
    [
        ("536870912\n", None, 512),
        (None, "1073741824\n", 1024),
        ("max\n", None, None),
        (None, "9223372036854771712\n", None),  # v1 without a limit
        (None, None, None),
        ("536870912\n", "1073741824\n", 512),
        ("nonsense", "1073741824\n", 1024),
    ],
)
def test_memory_of_the_container(tmp_path: Path, v2: str | None, v1: str | None, megabytes: int | None) -> None:
    assert memory_mb((limit(tmp_path, "memory.max", v2), limit(tmp_path, "limit_in_bytes", v1))) == megabytes


@pytest.mark.parametrize(
    ("cores", "megabytes", "expected"),
    [
        (8, 512, 2),  # Eco, Basic, Standard-1X: what Heroku's buildpack computes too
        (8, 1024, 4),  # Standard-2X
        (2, 2560, 5),  # Performance-M
        (8, 14336, 17),  # Performance-L
        (8, 128, 1),
        (4, None, 4),
    ],
)
def test_processes(cores: int, megabytes: int | None, expected: int) -> None:
    assert processes(cores=cores, megabytes=megabytes) == expected


def test_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert addresses("5000")[0].endswith(":5000")

    def no_ipv6(*_: object) -> None:
        raise OSError("Address family not supported by protocol")

    monkeypatch.setattr("djheroku.gunicorn.socket.socket", no_ipv6)
    assert addresses("5000") == ["0.0.0.0:5000"]
