"""`./inv deploy` that is killed (kill -9) at a step: the next run sees it, says so, and completes it or goes back behind it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.checkout import ROOT
from tests.toolbelt.rehearsed import FILES, Site
from toolbelt.commands.history import keeping, recording
from toolbelt.errors import DeployFailed
from toolbelt.heroku import dynos, releases, webhooks

pytestmark = pytest.mark.slow

KILLED = """\
import os, signal, sys
from pathlib import Path
from toolbelt import config
from toolbelt.commands.release.deploy import Options, deploy
from toolbelt.output import Printer
from toolbelt.tools import Tools

class Dying(Printer):
    def look(self, what):
        if what.startswith(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    def step(self, name, note, seconds=None):
        super().step(name, note, seconds)
        self.look(f"after {name}")

    def line(self, process, text):
        super().line(process, text)
        self.look(f"{process}: {text}")

deploy(Tools(config.load(Path(sys.argv[1])), Dying()), stage="rehearsal", options=Options(seconds=0.5), patience=20)
"""


def change(site: Site, **files: str) -> str:
    change.count += 1  # type: ignore[attr-defined]
    named = {name.replace("_", "."): text for name, text in files.items()}
    return site.commit(FILES | {"count": str(change.count)} | named)  # type: ignore[attr-defined]


change.count = 0  # type: ignore[attr-defined]


def killed(site: Site, at: str) -> None:
    """Deploy in a process of its own, which is killed as soon as it says so much."""
    environ = {**os.environ, **site.environ, "NO_COLOR": "1"}
    argv = [sys.executable, "-c", KILLED, str(site.root), at]
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


STEPS = {
    "after lock": None,  # nothing was done, and nothing is told
    "after upload": "after upload",
    "build: -----> Installing": "in its step build",
    "after build": "after build",
    "release: migrating": "in its step phase",
    "after phase": "after phase",
    "after dynos": "after dynos",
    "after gate": "after gate",
}


@pytest.mark.parametrize("at", STEPS)
def test_the_next_run_says_so_and_completes_it(site: Site, at: str) -> None:
    sha = change(site, release_py='import time\nprint("migrating", flush=True)\ntime.sleep(1)\n')
    heroku = site.heroku()
    before = releases.running(heroku.client, heroku.app)
    assert before is not None
    killed(site, at)
    assert len(webhooks.every(heroku.client, heroku.app)) == 1, "the lock is still there"
    left = recording.unfinished(site.tools(), heroku)
    assert (left and (left.commit, left.before)) == (STEPS[at] and (sha, before.version))

    said = site.deploy()
    assert "took over the lock" in said
    if STEPS[at]:
        assert re.search(f"an earlier run, of {sha[:7]} at .*, ended {STEPS[at]}\\.", said)
        assert f"The last good release is {before.name}." in said
    assert sha[:7] in said.splitlines()[-1]
    assert not webhooks.every(heroku.client, heroku.app)
    assert recording.unfinished(site.tools(), heroku) is None
    now = releases.running(heroku.client, heroku.app)
    assert now is not None
    assert keeping.kept(site.tools(), heroku)[now.version].outcome == "verified"
    assert {each.version for each in dynos.every(heroku.client, heroku.app)} == {now.version}


def test_what_nobody_has_verified_is_no_release_to_go_back_to(site: Site) -> None:
    """The run dies when its dynos are up; what it released is bad, and the next release is bad too."""
    good = change(site)
    site.deploy()
    heroku = site.heroku()
    before = releases.running(heroku.client, heroku.app)
    assert before is not None
    change(site, web_py=FILES["web.py"].replace('or "unknown"}', '} | {"commit": "f" * 40}'))
    killed(site, "after dynos")
    change(site, web_py='raise SystemExit("boom")\n')
    with pytest.raises(DeployFailed) as caught:
        site.deploy(patience=10)
    assert f"v{before.version + 1} was never verified. The last good release is {before.name}." in site.said
    assert caught.value.headline.endswith(f"v{before.version + 3} runs with the code of {before.name}")
    assert f"commit {good[:7]}" in caught.value.finding


def test_a_run_that_dies_while_it_goes_back(site: Site) -> None:
    """The rollback goes on at Heroku, and is there when the next run begins."""
    change(site)
    site.deploy()
    heroku = site.heroku()
    before = releases.running(heroku.client, heroku.app)
    assert before is not None
    change(site, web_py='raise SystemExit("boom")\n')
    killed(site, "after rollback")
    sha = change(site)
    said = site.deploy()
    assert f"v{before.version + 1} was never verified. The last good release is v{before.version + 2}." in said
    assert sha[:7] in said.splitlines()[-1]
