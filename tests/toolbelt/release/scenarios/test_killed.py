"""`./inv deploy` that is killed (kill -9) at every step: the next run sees it, says so, and completes it."""

from __future__ import annotations

import re

import pytest

from tests.toolbelt.rehearsed import DOCKERFILE
from tests.toolbelt.release.scenarios.killing import killed
from tests.toolbelt.release.scenarios.scene import QUICK, Scene
from toolbelt.commands.history import keeping, recording
from toolbelt.heroku import dynos, webhooks

pytestmark = pytest.mark.slow

BUILDS = DOCKERFILE + "RUN echo {} && sleep 3\n"  # for long enough to be killed in it
MIGRATES = 'import time\nprint("migrating", flush=True)\ntime.sleep(1)\n'
NOTHING = None  # was done, and so nothing is told
STEPS = {
    "source": {
        "after lock": NOTHING,
        "in upload": "in its step upload",
        "build: -----> Installing": "in its step build",
        "after build": "after build",
        "release: migrating": "in its step phase",
        "after phase": "after phase",
        "after dynos": "after dynos",
        "in gate": "in its step gate",
        "after gate": "after gate",
        "after record": NOTHING,
    },
    "image": {
        "amid build": "in its step build",
        "sending upload": "in its step upload",
        "in release": "in its step release",
        "after release": "after release",
        "release: migrating": "in its step phase",
        "in dynos": "in its step dynos",
        "in gate": "in its step gate",
        "after record": NOTHING,
    },
}
MARKS = {"source": (), "image": (pytest.mark.docker,)}
EVERY = [
    pytest.param(delivery, at, id=f"{delivery}, {at}", marks=MARKS[delivery]) for delivery, steps in STEPS.items() for at in steps
]


@pytest.mark.parametrize(("site", "at"), EVERY, indirect=["site"])
def test_the_next_run_says_so_and_completes_it(site: Scene, at: str) -> None:
    more = {"Dockerfile": BUILDS.format(site.changes)} if at == "amid build" else {}
    sha, told = site.change(release_py=MIGRATES, **more), STEPS[site.delivery][at]
    heroku, before = site.heroku(), site.current()
    killed(site, at)
    assert len(webhooks.every(heroku.client, heroku.app)) == 1, "the lock is still there"
    left = recording.unfinished(site.tools(), heroku)
    assert (left and (left.commit, left.before)) == (told and (sha, before.version))

    said = site.deploy(options=QUICK)
    assert "took over the lock" in said
    if told:
        assert re.search(f"an earlier run, of {sha[:7]} at .*, ended {told}\\.", said)
        assert f"The last good release is {before.name}." in said
    else:
        assert "an earlier run" not in said
    assert sha[:7] in said.splitlines()[-1]
    assert not webhooks.every(heroku.client, heroku.app)
    assert recording.unfinished(site.tools(), heroku) is None
    now = site.current()
    assert keeping.kept(site.tools(), heroku)[now.version].outcome == "verified"
    assert {each.version for each in dynos.every(heroku.client, heroku.app)} == {now.version}
    assert site.tells() == sha
