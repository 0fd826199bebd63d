"""A verb in a process of its own, that is killed (kill -9) at a moment of its own choosing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from tests.checkout import ROOT
from tests.toolbelt.rehearsed import Site

# What dies as soon as it has said so much, has written down that it is in a step, or sends the first bytes of a layer.
KILLED = """\
import json, os, signal, sys, threading
from contextlib import contextmanager
from pathlib import Path
from toolbelt import config
from toolbelt.commands.history.recording import Journal
from toolbelt.commands.promotion.promote import promote
from toolbelt.commands.release.deploy import Options, deploy
from toolbelt.commands.release.releases import rollback
from toolbelt.output import Printer
from toolbelt.tools import Tools

root, at, environ = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])

def look(what):
    if what.startswith(at):
        os.kill(os.getpid(), signal.SIGKILL)

class Dying(Printer):
    def step(self, name, note, seconds=None):
        super().step(name, note, seconds)
        look(f"after {name}")

    def line(self, process, text):
        super().line(process, text)
        look(f"{process}: {text}")

    @contextmanager
    def transfer(self, name, total):
        yield lambda size: look(f"sending {name}")

def begin(journal, name, begun=Journal.step):
    begun(journal, name)
    look(f"in {name}")
    if name == "build":
        threading.Timer(1, look, ["amid build"]).start()

Journal.step = begin
tools, quick = Tools(config.load(root, environ=environ), Dying()), {"options": Options(seconds=1), "patience": 30}
"""
DEPLOY = 'deploy(tools, stage="rehearsal", **quick)'
PROMOTE = "promote(tools, **quick)"
ROLLBACK = 'rollback(tools, which="", stage="rehearsal", patience=30)'


def killed(site: Site, at: str, *, verb: str = DEPLOY) -> None:
    """Call a verb in a process of its own, which is killed as soon as it is there."""
    argv = [sys.executable, "-c", KILLED + verb, str(site.root), at, json.dumps(site.environ)]
    done = subprocess.run(argv, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
