"""Development's release phase and what reloads: held to the Procfile and to Django."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import autoreload

devrelease = pytest.importorskip("djheroku.devtools.management.commands.devrelease", reason="the image has no devtools")
programs = pytest.importorskip("djheroku.devtools.programs", reason="the image has no devtools")
starting = pytest.importorskip("djheroku.devtools.starting", reason="the image has no devtools")


def test_the_procfiles_release_line_is_what_is_run(tmp_path: Path) -> None:
    procfile = tmp_path / "Procfile"
    procfile.write_text("web: gunicorn x\nrelease: python manage.py migrate --no-input --database 'the other'\n")
    assert devrelease.release_line(procfile) == ["python", "manage.py", "migrate", "--no-input", "--database", "the other"]
    procfile.write_text("web: gunicorn x\n")
    assert devrelease.release_line(procfile) == []


def test_what_reloads_and_what_does_not() -> None:
    web = programs.find(["manage.py", "runserver", "8000"])
    assert (web.name, web.arguments) == ("web", ("manage.py", "runserver", "8000", "--noreload"))
    assert programs.find(["manage.py", "devworker"]).name == "worker"
    for words in (["runserver", "--noreload"], ["runserver", "--help"], ["devworker", "--help"], ["migrate"], []):
        assert programs.find(["manage.py", *words]) is None


def test_apps_know_the_copy_that_serves_by_djangos_name_for_it() -> None:
    assert programs.COPY == autoreload.DJANGO_AUTORELOAD_ENV


def test_every_library_that_is_imported_beforehand_can_be() -> None:
    """One that cannot would only cost time, and so be noticed by nobody. And none of them may be the site's, nor import it."""
    code = f"import sys, importlib\nfor name in {starting.LIBRARIES!r}: importlib.import_module(name)\nprint(*sys.modules)"
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not [name for name in done.stdout.split() if name.startswith("djheroku")]
