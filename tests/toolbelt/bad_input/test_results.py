"""--json of every verb on an app: one object on stdout, all else on stderr, whatever it comes to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.toolbelt.bad_input.conftest import WRONG, Bench, Told
from tests.toolbelt.bad_input.lines import ON_AN_APP, VERBS, line, takes

pytestmark = pytest.mark.slow

# What needs the site's own processes, Docker or a bucket is shown elsewhere; here nothing that destroys the app for the rest.
DONE = [
    "ps.scale web=1",
    "ps.scale",
    "ps.restart",
    "maintenance on",
    "maintenance off",
    "domains.add www.example.com",
    "domains.remove www.example.com --confirm {app}",
    "config.set WORD=b",
    "config.unset WORD",
    "access.add ada@example.com",
    "access.remove ada@example.com",
    "pipelines.add line staging",
    "pipelines.remove",
    "releases.rollback --no-verify",
    "deploy --build source --no-doctor --no-verify --allow-dirty",
]


def writes(words: str) -> bool:
    """--json of this verb tells what was done; of the others, what there is."""
    return getattr(VERBS[words.split()[0]].body, "tells", False)


def test_every_verb_that_changes_an_app_tells_a_script_what_it_did() -> None:
    without = {name for name in VERBS if takes(name, "stage", "to", "a") and not takes(name, "json")}
    assert without == {
        "logs", "open", "releases.output", "config.get", "login", "logout",  # they read, or are for a person
        "loaddata", "dumpdata", "createsuperuser", "shell", "dbshell", "redis-cli", "manage",  # the other program tells
    }  # fmt: skip


@pytest.mark.parametrize("words", [words for words in ON_AN_APP if takes(words.split()[0], "json") and "--" not in words.split()])
def test_bad_news_is_an_object_too(words: str, typed: Callable[..., Told]) -> None:
    told = typed(line(f"{words} --json", stage="wrong", app=WRONG))
    found = json.loads(told.out)
    assert (found["verb"], found["ok"]) == (words.split()[0], False)
    last = "tiny" if words.endswith(" rehearsal") else WRONG  # of two, the one that is to be changed
    assert found["app"] == last
    assert found["error"]["what"]
    assert f"✗ {found['error']['what']}" in told.err
    assert told.status != 0


@pytest.mark.parametrize("words", DONE)
def test_what_was_done(words: str, typed: Callable[..., Told], bench: Bench) -> None:
    told = typed(line(f"{words} --json", stage="again", app="tiny"))
    found = json.loads(told.out)
    assert found["ok"], told.err
    assert told.status == 0
    assert (found["verb"], found["stage"], found["app"]) == (words.split()[0], "again", "tiny")
    assert found["release"].startswith("v")
    assert found["steps"] or found["rows"]
    assert told.err


def test_a_one_off_dyno_that_goes_on_has_a_name(typed: Callable[..., Told], bench: Bench) -> None:
    told = typed("run --detach --json --stage again -- true")
    found = json.loads(told.out)
    assert (found["verb"], found["ok"], found["app"]) == ("run", True, "tiny"), told.err
    assert re.fullmatch(r"run\.\d+", found["facts"]["dyno"])
    assert found["facts"]["dyno"] in told.err


def test_the_app_is_told_by_the_name_that_it_has_now(typed: Callable[..., Told], bench: Bench) -> None:
    bench.create("before")
    bench.stage("renamed", "before")
    told = typed("apps.rename afterwards --stage renamed --json")
    found = json.loads(told.out)
    assert (found["ok"], found["stage"], found["app"]) == (True, "renamed", "afterwards"), told.err
    assert found["release"].startswith("v")  # that of the app as it is called now


def test_programs_that_a_verb_starts_do_not_get_between() -> None:
    code = (
        "import subprocess, sys\nfrom toolbelt.record import recorded\n"
        "with recorded('x'):\n    print('one'); subprocess.run(['echo', 'two']); sys.stdout.write('three\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"verb": "x", "ok": True, "stage": None, "app": None, "steps": []}
    assert sorted(done.stderr.split()) == ["one", "three", "two"]
