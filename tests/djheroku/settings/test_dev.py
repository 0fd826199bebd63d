"""The settings of development, and which settings manage.py takes."""

import os
import shutil
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.djheroku.settings.importing import KEY, SERVERS, complaint, run, settings


def test_without_servers_one_sentence_says_what_to_do() -> None:
    said = complaint("dev", DATABASE_URL=SERVERS["DATABASE_URL"], REDIS_URL="")  # empty: .env cannot set it
    assert said.endswith("Not set: REDIS_URL. Start the stack with ./inv up, or run the command as ./inv manage -- ....")


@pytest.mark.parametrize("command", ["migrate", "devworker"])
def test_the_command_line_says_no_more_than_that(command: str) -> None:
    done = run(["manage.py", command], DATABASE_URL="", REDIS_URL="")
    assert done.returncode == os.EX_CONFIG
    assert done.stderr == (
        "manage.py: Not set: DATABASE_URL, REDIS_URL. Start the stack with ./inv up, or run the command as ./inv manage -- ....\n"
    )


def test_what_a_developer_gets() -> None:
    found = settings("dev", ALLOWED_HOSTS="my.example,other.example", **SERVERS)
    assert found["DEBUG"] is True
    assert found["SECRET_KEY"].startswith("django-insecure-")
    assert {"debug_toolbar", "djheroku.devtools"} <= set(found["INSTALLED_APPS"])
    assert {"localhost", "web", "[::1]", "my.example", "other.example"} <= set(found["ALLOWED_HOSTS"])
    assert found["DATABASES"]["default"]["CONN_MAX_AGE"] == 0
    assert "sslmode" not in found["DATABASES"]["default"]["OPTIONS"]


def test_tests_import_nothing_that_the_production_image_lacks() -> None:
    found = settings("test", **SERVERS)
    assert not {"debug_toolbar", "djheroku.devtools"} & set(found["INSTALLED_APPS"])
    assert found["KEYGEN_SECONDS"] == 0.0


def test_dot_env_is_read_in_development_and_nowhere_else(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "djheroku", tmp_path / "djheroku")
    (tmp_path / ".env").write_text("KEYGEN_RATE=7/h\nKEYGEN_SECONDS=9\n")
    here = settings("dev", root=tmp_path, KEYGEN_SECONDS="1", **SERVERS)
    assert (here["KEYGEN_RATE"], here["KEYGEN_SECONDS"]) == ("7/h", 1.0)
    assert settings("heroku", root=tmp_path, SECRET_KEY=KEY, **SERVERS)["KEYGEN_RATE"] == "20/m"


WHICH = """
import os, sys
sys.argv = ["manage.py", "version"]
import manage
manage.main()
print(os.environ["DJANGO_SETTINGS_MODULE"])
"""


@pytest.mark.parametrize(
    ("environ", "module"),
    [
        ({}, "dev"),
        ({"DYNO": "run.1", "SECRET_KEY": KEY}, "heroku"),
        ({"SOURCE_VERSION": "c0ffee", "SECRET_KEY": KEY}, "heroku"),
        ({"DYNO": "run.1", "DJANGO_SETTINGS_MODULE": "djheroku.settings.test"}, "test"),
    ],
    ids=["here", "dyno", "build", "named"],
)
def test_manage_py_takes_the_settings_of_where_it_runs(environ: dict[str, str], module: str) -> None:
    if module == "dev":
        pytest.importorskip("debug_toolbar")  # not there in the production image
    done = run(["-c", WHICH], **SERVERS, **environ)
    assert done.stdout.split()[-1] == f"djheroku.settings.{module}", done.stderr
