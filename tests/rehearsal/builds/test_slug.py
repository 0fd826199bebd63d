"""What a dyno of a slug is given."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.builds import pack
from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.report import Report
from rehearsal.builds.slug import BuiltSlug, web_concurrency
from tests.rehearsal.builds.conftest import write

SLUG = BuiltSlug(id="1", folder=Path("/slug"), process_types={}, size=1, commit="c", stack="heroku-24", python="3.14.7")


@pytest.mark.parametrize(
    ("memory", "processes"),
    [(512, 2), (1024, 4), (2560, 5), (14336, 17), (30720, 9), (63488, 17), (129024, 33), (128, 1)],
)
def test_web_concurrency_is_what_the_buildpack_lists(memory: int, processes: int) -> None:
    """The table at the top of vendor/WEB_CONCURRENCY.sh."""
    assert web_concurrency(memory) == processes


def test_environ_without_config_vars() -> None:
    assert SLUG.environ(memory_mb=1024) == {
        "DYNO_RAM": "1024",
        "FORWARDED_ALLOW_IPS": "*",
        "GUNICORN_CMD_ARGS": "--access-logfile -",
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": "/app/.heroku/python/lib",
        "LIBRARY_PATH": "/app/.heroku/python/lib",
        "PATH": "/app/.heroku/python/bin:/usr/local/bin:/usr/bin:/bin",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONHOME": "/app/.heroku/python",
        "PYTHONPATH": "/app",
        "PYTHONUNBUFFERED": "true",
        "WEB_CONCURRENCY": "4",
        "WEB_CONCURRENCY_SET_BY": "heroku/python",
    }


def test_config_vars_win_where_the_buildpack_lets_them() -> None:
    given = {"WEB_CONCURRENCY": "9", "GUNICORN_CMD_ARGS": "-t 9", "LANG": "C", "PYTHONPATH": "/x", "FORWARDED_ALLOW_IPS": "1",
             "PYTHONHOME": "/bad", "LD_LIBRARY_PATH": "/mine", "OTHER": "kept"}  # fmt: skip
    made = SLUG.environ(config=given)
    for name in ("WEB_CONCURRENCY", "GUNICORN_CMD_ARGS", "LANG", "PYTHONPATH", "OTHER"):
        assert made[name] == given[name]
    assert made["FORWARDED_ALLOW_IPS"] == "*"
    assert made["PYTHONHOME"] == "/app/.heroku/python"
    assert made["LD_LIBRARY_PATH"] == "/app/.heroku/python/lib:/mine"
    assert "WEB_CONCURRENCY_SET_BY" not in made


def test_a_python_that_cannot_be_pythonhome_is_none() -> None:
    assert "PYTHONHOME" not in replace(SLUG, pythonhome=False).environ()


def test_profile_scripts_are_sourced_before_the_command(tmp_path: Path) -> None:
    write(tmp_path, {".profile.d/a.sh": "export A=1", ".profile": "export B=$A$A"})
    done = subprocess.run(SLUG.argv('echo "$B"; exit 3'), cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("11\n", 3)
    bare = subprocess.run(SLUG.argv("echo $0 $#"), cwd="/", capture_output=True, text=True)
    assert (bare.stdout, bare.stderr) == ("bash 0\n", "")


def test_the_disk_of_a_dyno(tmp_path: Path) -> None:
    write(tmp_path / "slug", {"app.py": "1", ".heroku/python/bin/python": "", ".heroku/other": "", "python/x": ""})
    (tmp_path / "slug/link").symlink_to("app.py")
    replace(SLUG, folder=tmp_path / "slug").unpack(tmp_path / "dyno")
    dyno = tmp_path / "dyno"
    assert (dyno / "app.py").read_text() == "1"
    assert (dyno / "python/x").is_file()
    assert (dyno / ".heroku/other").is_file()
    assert (dyno / ".heroku/python").resolve() == tmp_path / "slug/.heroku/python"
    (dyno / "app.py").write_text("2")
    assert (tmp_path / "slug/app.py").read_text() == "1"


def test_process_types(tmp_path: Path) -> None:
    assert pack.process_types(tmp_path) == {}
    write(tmp_path, {"Procfile": "# all\nrelease: ./go --now\n\nweb:  gunicorn x:y \nnonsense\nurgent_worker: a: b\n"})
    types = pack.process_types(tmp_path)
    assert types == {"release": "./go --now", "web": "gunicorn x:y", "urgent_worker": "a: b"}
    assert list(types) == ["release", "web", "urgent_worker"]


def test_size(tmp_path: Path) -> None:
    write(tmp_path, {"a": "x" * 100_000, "b/c": "y" * 100_000})
    whole = pack.compressed(tmp_path)
    assert 0 < pack.compressed(tmp_path, without="b") < whole < 20_000


def test_the_limit_of_a_slug() -> None:
    said: list[str] = []
    pack.check_size(41_300_000, Report(said.append))
    assert said == ["-----> Compressing...\n", "       Done: 41.3M\n"]
    with pytest.raises(BuildFailed, match=r"Compiled slug size: 600\.0M is too large \(max is 500M\)"):
        pack.check_size(600_000_000, Report(said.append))
