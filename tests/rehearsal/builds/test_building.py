"""Whole builds in a folder of this machine: real pip, real processes, no network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rehearsal.builds.failure import BuildFailed
from tests.rehearsal.builds.conftest import HERE, Workshop
from tests.rehearsal.builds.source import requirements, wheel

TINY = wheel("tiny", {"tiny.py": "def main(): print('tiny is here')\n"}, scripts={"tiny-cli": "tiny:main"})
# Enough of a Django for the buildpack: something to import.
DJANGO = wheel("django", {"django/__init__.py": ""})
COLLECTS = """\
import os, sys
assert sys.argv[1:] == ["collectstatic", "--noinput", "--traceback"], sys.argv
print("static files of", os.environ["SHOP"], "into", os.environ["PYTHONPATH"], os.environ.get("PYTHONHOME"))
"""
APP = {"Procfile": "web: tiny-cli\nworker: python -c 'import tiny'\n", **requirements(tiny=TINY)}


def test_from_source_to_a_slug_that_runs_elsewhere(fresh: Workshop, tmp_path: Path) -> None:
    slug = fresh.build(APP)
    steps = [line for line in fresh.said.splitlines() if line.startswith("----->")]
    assert steps[:4] == [
        "-----> Building on the Heroku-24 stack",
        "-----> Determining which buildpack to use for this app",
        "-----> Python app detected",
        f"-----> Using Python {HERE} specified in .python-version",
    ]
    assert steps[4].startswith("-----> Installing Python " + HERE)
    assert steps[5].startswith("-----> Installing pip ")
    assert steps[6:] == [
        "-----> Installing dependencies using 'pip install -r requirements.txt'",
        "-----> Saving cache",
        "-----> Discovering process types",
        "-----> Compressing...",
        "-----> Launching...",
    ]
    assert "       Successfully installed tiny-1.0\n" in fresh.said
    assert "       Procfile declares types -> web, worker\n" in fresh.said
    assert slug.process_types == {"web": "tiny-cli", "worker": "python -c 'import tiny'"}
    assert slug.commit == "c0ffee"
    assert 100_000 < slug.size < 50_000_000

    slug.unpack(tmp_path / "dyno")
    environ = {**slug.environ(home=str(tmp_path / "dyno")), "HOME": str(tmp_path / "dyno")}
    for command in ("tiny-cli", "python -c 'import tiny; tiny.main()'"):
        ran = subprocess.run(slug.argv(command), cwd=tmp_path / "dyno", env=environ, capture_output=True, text=True)
        assert (ran.stdout, ran.stderr) == ("tiny is here\n", "")


def test_the_second_build_finds_everything_there(fresh: Workshop) -> None:
    fresh.build(APP)
    fresh.build(APP)
    assert "-----> Restoring cache\n-----> Using cached install of Python " in fresh.said
    assert "Requirement already satisfied: tiny==1.0" in fresh.said
    assert "/.heroku/python/lib" not in fresh.said

    other = {**APP, "requirements.txt": "--no-index\n"}
    fresh.build(other)
    assert "-----> Discarding cache since:\n       - The contents of requirements.txt changed\n" in fresh.said
    assert "tiny" not in fresh.said.partition("Installing dependencies")[2].partition("Saving")[0]

    fresh.fails({**other, "bin/post_compile": "#!/bin/sh\nexit 1\n"})
    fresh.build(other)
    assert "-----> Restoring cache" in fresh.said  # a build that failed late has not cost the next one its cache


@pytest.mark.slow
def test_a_requirement_that_is_not_there_or_is_another_than_locked(site: Workshop) -> None:
    reason = site.fails({"requirements.txt": "--no-index\nnonsense==1.0\n"})
    assert reason.startswith("Error: Unable to install dependencies using pip.")
    assert "No matching distribution found for nonsense==1.0" in site.said
    assert site.said.endswith(" !     Push rejected, failed to compile Python app.\n")
    changed = wheel("tiny", {"tiny.py": "evil = 1\n"})
    site.fails({**APP, "vendor/tiny-1.0-py3-none-any.whl": changed})
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in site.said


def test_hooks_see_the_builds_environ_and_the_config_vars(workshop: Workshop) -> None:
    show = 'echo "$0: $STACK $SOURCE_VERSION $SHOP [$PYTHONHOME] $(cat "$ENV_DIR/SHOP")"\n'
    hook = f'#!/bin/sh\n{show}test -n "$REQUEST_ID" && test -d "$CACHE_DIR" && test -f "$BUILD_DIR/Procfile"\n'
    python = '#!/usr/bin/env python\nimport sys, tiny; open(".profile.d.txt", "w").write(sys.prefix)\n'
    files = {**APP, "bin/pre_compile": hook, "bin/post_compile": python}
    slug = workshop.build(files, config={"SHOP": "books", "PYTHONHOME": "/nonsense", "PATH": "/nonsense"})
    assert "-----> Running bin/pre_compile hook\n       bin/pre_compile: heroku-24 c0ffee books [] books\n" in workshop.said
    assert "-----> Running bin/post_compile hook\n" in workshop.said
    assert (slug.folder / ".profile.d.txt").read_text().endswith("/.heroku/python")
    assert not list((workshop.home / "builds").iterdir())  # config vars are not left on disk


def test_a_hook_that_fails(workshop: Workshop) -> None:
    before = sorted((workshop.home / "slugs").glob("*"))
    reason = workshop.fails({**APP, "bin/pre_compile": "#!/bin/sh\necho reason\nexit 3\n"})
    assert reason.startswith("Error: Failed to run the bin/pre_compile script.")
    assert "       reason\n" in workshop.said
    workshop.fails({**APP, "bin/pre_compile": "#!/no/such/shell\n"})
    assert sorted((workshop.home / "slugs").glob("*")) == before


DJANGO_APP = {**requirements(django=DJANGO), "site/manage.py": COLLECTS, "deep/er/est/manage.py": "1/0"}


def test_static_files_are_collected_with_the_config_vars(site: Workshop) -> None:
    site.build(DJANGO_APP, config={"SHOP": "books", "PYTHONHOME": "/nonsense"})
    assert "-----> $ python site/manage.py collectstatic --noinput\n       static files of books into . None\n" in site.said
    for value in ("0", ""):
        site.build(DJANGO_APP, config={"SHOP": "books", "DISABLE_COLLECTSTATIC": value})
        assert "$ python site/manage.py" in site.said
    for value in ("1", "false"):
        site.build(DJANGO_APP, config={"DISABLE_COLLECTSTATIC": value})
        assert "-----> Skipping Django collectstatic since the env var DISABLE_COLLECTSTATIC is set.\n" in site.said
    site.build({**DJANGO_APP, ".heroku/collectstatic_disabled": ""})
    assert "Warning: The .heroku/collectstatic_disabled file is deprecated." in site.said
    without = {name: content for name, content in DJANGO_APP.items() if name != "site/manage.py"}
    site.build(without)
    assert "-----> Skipping Django collectstatic since no manage.py file found.\n" in site.said

    broken = {**DJANGO_APP, "manage.py": "import os; raise SystemExit(os.environ['SHOP'])"}
    reason = site.fails(broken, config={"SHOP": "no such setting", "DEBUG_COLLECTSTATIC": "1"})
    assert reason.startswith("Error: Unable to generate Django static files.")
    assert "$ heroku config:set DISABLE_COLLECTSTATIC=1" in reason
    assert "       no such setting\n" in site.said
    assert "****** Collectstatic environment variables:" in site.said


def test_without_django_nothing_is_collected(workshop: Workshop) -> None:
    workshop.build({**APP, "manage.py": COLLECTS})
    assert "collectstatic" not in workshop.said


@pytest.mark.parametrize(
    ("files", "headline"),
    [
        ({"requirements.txt": "", "uv.lock": ""}, "Error: Multiple Python package manager files were found."),
        ({"requirements.txt": "", "venv/pyvenv.cfg": ""}, "Error: Existing 'venv/' directory found."),
        ({"requirements.txt": "", ".heroku/python/bin/python": ""}, "Error: Existing '.heroku/python/' directory found."),
        ({"uv.lock": "", "runtime.txt": "python-3.14"}, "Error: The runtime.txt file isn't supported when using uv."),
        ({"requirements.txt": "", "runtime.txt": "python-3.9"}, "Error: The requested Python version has reached"),
    ],
)
def test_what_is_refused_before_anything_is_installed(workshop: Workshop, files: dict[str, str], headline: str) -> None:
    assert workshop.fails(files).startswith(headline)
    assert f" !     {headline}" in workshop.said
    assert "Installing Python" not in workshop.said


def test_slugignore_hides_files_from_the_buildpack(workshop: Workshop) -> None:
    slug = workshop.build({**APP, "uv.lock": "", "docs/a.md": "", ".slugignore": "uv.lock\n/docs\n"})
    assert not (slug.folder / "docs").exists()


def test_buildpacks(workshop: Workshop) -> None:
    workshop.build(APP, buildpacks=("heroku/python",))
    assert "-----> Using buildpack: heroku/python\n" in workshop.said
    assert "has only heroku/python" in workshop.fails(APP, buildpacks=("heroku/nodejs",))
    assert "already been run this build" in workshop.fails(APP, buildpacks=("heroku/python", "heroku/python"))


def test_another_python_than_herokus_is_said(fresh: Workshop) -> None:
    there = [f"3.{minor}" for minor in range(10, 15) if f"3.{minor}" != HERE]
    wanted = there[-1] if HERE != "3.14" else "3.10"
    fresh.builder._found = []
    fresh.build({**APP, ".python-version": wanted})
    if f"Installing Python {wanted}." not in fresh.said:
        assert f" !     Heroku would use Python {wanted}." in fresh.said
        assert "the nearest there is" in fresh.said


def test_a_container_app_is_not_built_from_source(fresh: Workshop) -> None:
    from dataclasses import replace

    fresh.app = replace(fresh.app, build_stack="container")
    assert "Your app does not include a heroku.yml build manifest" in fresh.fails(APP)


UV_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "shop"
version = "0"
source = { virtual = "." }
"""


@pytest.mark.slow
def test_uv_is_brought_and_kept(fresh: Workshop) -> None:
    files = {"uv.lock": UV_LOCK, "pyproject.toml": '[project]\nname = "shop"\nversion = "0"\nrequires-python = ">=3.10"\n'}
    try:
        fresh.build(files)
    except BuildFailed as failed:
        if "Unable to install uv" not in failed.message:
            raise
        pytest.skip("pip cannot bring uv from here")
    assert "-----> Installing uv " in fresh.said
    assert "-----> Installing dependencies using 'uv sync --locked --no-default-groups'\n" in fresh.said
    fresh.build(files)
    assert "-----> Using cached uv " in fresh.said
    other = UV_LOCK.replace('name = "shop"', 'name = "another"')
    assert "Unable to install dependencies using uv" in fresh.fails({**files, "uv.lock": other})
