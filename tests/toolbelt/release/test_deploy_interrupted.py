"""`./inv deploy` that is ended by Ctrl-C, at every step: what it says, its exit status, and that the next run carries on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.checkout import ROOT
from tests.toolbelt.rehearsed import FILES, WEB, Site, rehearsed
from tests.waiting import until
from toolbelt.commands.apps import apps
from toolbelt.errors import Interrupted, UsageError
from toolbelt.heroku import apps as herokus
from toolbelt.heroku import builds, formation, logs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("interrupted")]

# A build that runs compiling.py first.
HOOKED = {"compiling.py": "", "bin/pre_compile": f"#!/bin/sh\nexec '{sys.executable}' compiling.py\n"}
# The verb as a person types it, with its error boundary and its exit status, on the checkout in the working folder.
TYPED = """\
import signal
from pathlib import Path
from invoke import Program
from toolbelt import config, output, tools
tools.Tools.here = classmethod(lambda cls, port=None: cls(config.load(Path.cwd()), output.Printer()))
import tasks
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests in the background ignores it
Program(namespace=tasks.namespace).run()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with rehearsed(tmp_path_factory.mktemp("site"), deployed=False, **HOOKED) as made:
        yield made


@pytest.fixture(autouse=True)
def well(site: Site) -> Iterator[None]:
    """Every test ends with the files as they were."""
    yield
    site.commit(FILES | HOOKED)


class Gate:
    """What a program of the site waits at, or looks at, until the test opens it."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.closed = f'__import__("socket").socket().connect_ex(("127.0.0.1", {self.socket.getsockname()[1]}))'
        self.wait = f"import time\nwhile {self.closed}:\n    time.sleep(0.05)\n"

    def open(self) -> None:
        self.socket.listen(100)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.socket.close()


class Typed:
    """./inv deploy in a terminal: what stands there so far, and Ctrl-C, which every process in it gets."""

    def __init__(self, site: Site) -> None:
        self.file = site.root / ".djheroku" / "terminal"
        environ = {**site.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        with self.file.open("wb") as terminal:
            self.process = subprocess.Popen(
                [sys.executable, "-c", TYPED, "deploy", "--stage", "rehearsal"],
                cwd=site.root, env=environ, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, start_new_session=True,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.file.read_text()

    def reaches(self, text: str) -> None:
        """Wait until it stands there."""

        def there() -> bool:
            assert self.process.poll() is None, self.said
            return text in self.said

        until(there, what=text, seconds=60)

    def ctrl_c(self) -> str:
        """The bad news that stands there afterwards."""
        os.killpg(self.process.pid, signal.SIGINT)
        assert self.process.wait(30) == 130
        bad_news = self.said[self.said.index("✗") :]
        assert "→ ./inv deploy --stage rehearsal carries on" in bad_news
        assert "Traceback" not in bad_news
        return bad_news

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def typed(site: Site) -> Iterator[Typed]:
    one = Typed(site)
    try:
        yield one
    finally:
        one.end()


def asked(site: Site, path: str) -> None:
    """Return when the API has been asked for a path once more (with a refusal that the tools pass over)."""
    found = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())
    headers = {"Authorization": f"Bearer {found['token']}"}
    faults = f"{found['api']}/_rehearsal/faults"
    httpx.post(faults, json={"status": 503, "path": path}, headers=headers).raise_for_status()
    until(lambda: not httpx.get(faults, headers=headers).json()["pending"], what=f"{path} is asked for", seconds=30)


def test_while_the_dynos_start(site: Site, gate: Gate) -> None:
    sha = site.change(web_py=gate.wait + 'HOST = "0.0.0.0"\n' + WEB)
    with typed(site) as deploy:
        deploy.reaches("✓ phase")
        asked(site, "/apps/tiny/dynos$")
        bad_news = deploy.ctrl_c()
    assert bad_news.startswith("✗ Interrupted at: dynos\n")
    assert "is released; its dynos are starting: ./inv ps --stage rehearsal" in bad_news
    gate.open()
    assert sha[:7] in site.deploy().splitlines()[-1]


def test_while_the_site_still_tells_the_old_commit(site: Site, gate: Gate) -> None:
    old = f'}} | ({{"commit": "f" * 40}} if {gate.closed} else {{}}); print("was asked", flush=True)'
    sha = site.change(web_py='HOST = "0.0.0.0"\n' + WEB.replace('or "unknown"}', 'or "unknown"' + old))
    with typed(site) as deploy:
        deploy.reaches("✓ dynos")
        heroku = site.heroku()
        until(lambda: any("was asked" in line for line in logs.lines(heroku.client, heroku.app)), what="it is asked", every=0.2)
        bad_news = deploy.ctrl_c()
    assert bad_news.startswith("✗ Interrupted at: site\n")
    assert "its dynos are up; the site has not told the new commit" in bad_news
    gate.open()
    assert sha[:7] in site.deploy().splitlines()[-1]


AT = {
    "upload": lambda name, _text: name == "after upload",
    "build": lambda name, text: name == "build" and "compiling" in text,
    "phase": lambda name, text: name == "release" and "migrating" in text,
    "release": lambda name, _text: name == "after phase",
}


@pytest.mark.parametrize("at", AT)
def test_after_ctrl_c_the_next_run_carries_on(site: Site, gate: Gate, at: str) -> None:
    """What Heroku is at when it happens is still at it when the next run begins: it waits at the gate."""
    compiling = f"import sys\nprint('compiling', flush=True)\n{gate.wait}" if at == "build" else ""
    migrating = f'print("migrating", flush=True)\n{gate.wait if at == "phase" else ""}print("migrated")\n'
    sha = site.change(release_py=migrating, compiling_py=compiling)
    with pytest.raises((Interrupted, KeyboardInterrupt)) as caught:
        site.deploy(on=AT[at])
    if isinstance(caught.value, Interrupted):
        assert caught.value.status == 130
        assert "carries on" in caught.value.todo
        assert caught.value.finding

    def watched(name: str, _text: str) -> bool:
        if name in ("build", "release"):
            gate.open()
        return False

    said = site.deploy(on=watched)
    if at == "build":
        assert "the running build of" in said
        heroku = site.heroku()
        assert [build.version for build in builds.newest(heroku.client, heroku.app)].count(sha) == 1
    if at == "phase":
        assert "✓ wait" in said
    assert sha[:7] in said.splitlines()[-1]


def test_a_first_deploy_that_is_interrupted_is_scaled_by_the_next(site: Site) -> None:
    other = Site(site.root, site.environ)
    (site.root / "pyproject.toml").write_text('[project]\nname = "other"\n')
    site.commit({})
    other.create()
    with pytest.raises((Interrupted, KeyboardInterrupt)):
        other.deploy(on=lambda name, _text: name == "after phase")
    heroku = other.heroku()
    assert {row.type: row.quantity for row in formation.every(heroku.client, heroku.app)}["worker"] == 0
    said = other.deploy()
    assert "worker=1" in said
    assert {row.type: row.quantity for row in formation.every(heroku.client, heroku.app)}["worker"] == 1
    with pytest.raises(UsageError, match="nothing was done"):
        other.verb(apps.destroy, name="", confirm="tiny")
    with pytest.raises(UsageError, match="databases") as caught:
        other.verb(apps.destroy, name="", confirm="")
    assert "--confirm other" in caught.value.todo
    other.verb(apps.destroy, name="", confirm="other")
    assert herokus.find(heroku.client, "other") is None
