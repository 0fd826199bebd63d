"""The configuration: who wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolbelt import config
from toolbelt.errors import UsageError


def test_the_environ_wins_over_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("REDIS_URL=redis://from-file\nKEYGEN_SECONDS='5'\n")
    loaded = config.load(tmp_path, environ={"REDIS_URL": "redis://from-environ"})
    assert loaded.environ["REDIS_URL"] == "redis://from-environ"
    assert loaded.environ["KEYGEN_SECONDS"] == "5"


def test_the_port_comes_from_the_flag_then_the_environ_then_8000(tmp_path: Path) -> None:
    assert config.load(tmp_path, environ={}).port == 8000
    assert config.load(tmp_path, environ={"PORT": "8010"}).port == 8010
    assert config.load(tmp_path, environ={"PORT": "8010"}, port=8020).port == 8020


@pytest.mark.parametrize("value", ["eight", "0", "65536", "-1"])
def test_what_is_no_port_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match="is not a port"):
        config.load(tmp_path, environ={"PORT": value})


def test_children_find_the_tools_python_first(tmp_path: Path) -> None:
    child = config.load(tmp_path, environ={"PATH": "/somewhere"}).child_environ(EXTRA="1")
    first, second = child["PATH"].split(":")
    assert (Path(first) / "python").exists()
    assert second == "/somewhere"
    assert child["EXTRA"] == "1"


def test_a_file_is_meant_from_the_folder_in_which_it_was_typed(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    loaded = config.load(tmp_path, environ={config.TYPED_IN: str(elsewhere)})
    assert loaded.file("a.dump") == elsewhere / "a.dump"
    assert loaded.file("/b.dump") == Path("/b.dump")
    assert config.TYPED_IN not in loaded.child_environ()
    assert config.load(tmp_path, environ={config.TYPED_IN: str(tmp_path)}).file("a.dump") == Path("a.dump")
    assert config.load(tmp_path, environ={}).file("a.dump") == Path("a.dump")
    assert config.load(tmp_path, environ={config.TYPED_IN: str(tmp_path / "gone")}).file("a.dump") == Path("a.dump")
