"""Development's release phase and reloader: what they run, held to the Procfile and to Django."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import autoreload

devrelease = pytest.importorskip("djheroku.devtools.management.commands.devrelease", reason="the image has no devtools")
reloading = pytest.importorskip("djheroku.devtools.reloading", reason="the image has no devtools")


def test_the_procfiles_release_line_is_what_is_run(tmp_path: Path) -> None:
    procfile = tmp_path / "Procfile"
    procfile.write_text("web: gunicorn x\nrelease: python manage.py migrate --no-input --database 'the other'\n")
    assert devrelease.release_line(procfile) == ["python", "manage.py", "migrate", "--no-input", "--database", "the other"]
    procfile.write_text("web: gunicorn x\n")
    assert devrelease.release_line(procfile) == []


def test_it_reruns_just_what_django_would(monkeypatch: pytest.MonkeyPatch) -> None:
    assert autoreload.DJANGO_AUTORELOAD_ENV == "RUN_MAIN"
    monkeypatch.delenv("RUN_MAIN", raising=False)
    assert reloading.wanted(["manage.py", "runserver", "8000"])
    assert not reloading.wanted(["manage.py", "runserver", "--noreload"])
    assert not reloading.wanted(["manage.py", "migrate"])
    monkeypatch.setenv("RUN_MAIN", "true")
    assert not reloading.wanted(["manage.py", "runserver"])


def test_the_copy_is_started_again_only_after_a_change(tmp_path: Path) -> None:
    script = tmp_path / "manage.py"
    count = tmp_path / "count"
    script.write_text(
        "import os, pathlib, sys\n"
        f"path = pathlib.Path({str(count)!r})\n"
        "path.write_text((path.read_text() if path.exists() else '') + os.environ['RUN_MAIN'] + ' ')\n"
        "sys.exit(3 if path.read_text().count('true') < 3 else 7)\n"
    )
    assert reloading.rerun([str(script)]) == 7
    assert count.read_text() == "true true true "
