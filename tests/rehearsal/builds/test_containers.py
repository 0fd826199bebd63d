"""Builds in a container, and the image that comes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from rehearsal.builds.slug import BuiltSlug
from tests.rehearsal.builds.conftest import Workshop
from tests.rehearsal.builds.source import requirements
from tests.rehearsal.builds.test_building import APP, COLLECTS, DJANGO, TINY

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

HOOK = """\
#!/bin/sh
echo $BUILD_DIR $HOME $STACK $SHOP
for name in gcc pg_config git curl; do command -v $name; done
"""
FILES = {
    **APP,
    **requirements(tiny=TINY, django=DJANGO),
    ".python-version": "3.14\n",
    "manage.py": COLLECTS,
    "bin/pre_compile": HOOK,
    ".profile": "export FROM_PROFILE=yes\n",
}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    workshop = Workshop(tmp_path_factory.mktemp("workshop"), runtime="docker")
    yield workshop
    images = subprocess.run(
        ["docker", "image", "ls", "--quiet", "--filter", "label=djheroku.rehearsal=builds"], capture_output=True, text=True
    ).stdout.split()
    subprocess.run(["docker", "image", "rm", "--force", *dict.fromkeys(images)], capture_output=True)


@pytest.fixture(scope="module")
def slug(workshop: Workshop) -> BuiltSlug:
    return workshop.build(FILES, config={"SHOP": "books"})


def run(slug: BuiltSlug, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a dyno: as a user that nobody knows."""
    assert slug.image is not None
    environ = [word for name, value in slug.environ().items() for word in ("--env", f"{name}={value}")]
    words = ["docker", "run", "--rm", "--user", "23456:23456", *environ, slug.image, *slug.argv(command)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def test_it_looks_as_on_heroku(workshop: Workshop, slug: BuiltSlug) -> None:
    assert f"       /tmp/build_{slug.id[:8]} /app heroku-24 books\n" in workshop.said
    for program in ("gcc", "pg_config", "git", "curl"):
        assert f"/{program}\n" in workshop.said
    assert "-----> Installing Python 3.14." in workshop.said
    assert "Heroku would use" not in workshop.said
    assert "static files of books into . None" in workshop.said


def test_the_image_runs_as_a_user_that_nobody_knows(slug: BuiltSlug) -> None:
    assert run(slug, "tiny-cli").stdout == "tiny is here\n"
    done = run(
        slug, "pwd; id -u; echo $FROM_PROFILE; touch new manage.py; rm manage.py; python -c 'import sys; print(sys.prefix)'"
    )
    assert done.stdout == "/app\n23456\nyes\n/app/.heroku/python\n", done.stderr


def test_the_next_build_shares_pythons_layer(workshop: Workshop, slug: BuiltSlug) -> None:
    again = workshop.build({**FILES, "more.txt": "more"}, config={"SHOP": "books"})
    assert "-----> Restoring cache" in workshop.said
    assert again.image != slug.image

    def layers(image: str | None) -> list[str]:
        assert image is not None
        words = ["docker", "image", "inspect", "--format", "{{range .RootFS.Layers}}{{.}} {{end}}", image]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()

    assert layers(again.image)[:-1] == layers(slug.image)[:-1]
    assert run(again, "cat more.txt").stdout == "more"


def test_nothing_is_left_of_the_builds(workshop: Workshop, slug: BuiltSlug) -> None:
    assert slug.size > 0
    listed = ["docker", "ps", "--all", "--quiet", "--filter", "label=djheroku.rehearsal=builds"]
    assert subprocess.run(listed, capture_output=True, text=True).stdout == ""
    assert not list((workshop.home / "builds").iterdir())
