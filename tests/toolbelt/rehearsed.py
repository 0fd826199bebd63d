"""A small site of its own, and a rehearsal of Heroku that it is deployed to."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from tests.checkout import ROOT
from tests.toolbelt.artifacts.repositories import commit, git, repository
from tests.waiting import until
from toolbelt import config as configuration
from toolbelt.commands.apps import apps
from toolbelt.commands.release.deploy import Options, deploy
from toolbelt.output import Printer
from toolbelt.tools import Heroku, Tools

BRIEF = Options(seconds=0.5)  # the gate of a deploy that is about something else
WEB = """\
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        told = {"commit": os.environ.get("HEROKU_BUILD_COMMIT") or os.environ.get("HEROKU_SLUG_COMMIT") or "unknown"}
        body = json.dumps(told | {"release": os.environ.get("HEROKU_RELEASE_VERSION", "")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer((HOST, int(os.environ["PORT"])), Handler).serve_forever()
"""
FILES = {
    "web.py": 'HOST = "0.0.0.0"\n' + WEB,
    "worker.py": "import signal\nsignal.pause()\n",
    "release.py": 'print("migrating")\nprint("migrated")\n',
    "Procfile": "release: python release.py\nweb: python web.py\nworker: python worker.py\n",
    "requirements.txt": "# nothing\n",
    ".python-version": f"{sys.version_info[0]}.{sys.version_info[1]}\n",
    "app.json": json.dumps(
        {"stack": "heroku-24", "formation": {"web": {"quantity": 1}, "worker": {"quantity": 1}},
         "env": {"WORD": {"generator": "secret"}}}
    ),
    "pyproject.toml": '[project]\nname = "tiny"\n',
    ".gitignore": ".djheroku/\n__pycache__/\n",
}  # fmt: skip

DOCKERFILE = """\
FROM python:3.14-slim AS production
WORKDIR /app
COPY *.py ./
ARG COMMIT
ENV HEROKU_BUILD_COMMIT=$COMMIT
"""
IMAGED = FILES | {"Dockerfile": DOCKERFILE, "app.json": FILES["app.json"].replace("heroku-24", "container")}
ENGINE = ("DOCKER_HOST", "DOCKER_CONFIG")  # where docker finds its engine


class Ended(Printer):
    """Somebody who types Ctrl-C as soon as something is said."""

    def __init__(self, file: io.StringIO, on: Callable[[str, str], bool]) -> None:
        super().__init__(file=file)
        self.on, self.done = on, False

    def _look(self, name: str, text: str) -> None:
        if not self.done and self.on(name, text):
            self.done = True
            raise KeyboardInterrupt

    def line(self, process: str, text: str) -> None:
        super().line(process, text)
        self._look(process, text)

    def step(self, name: str, note: str, seconds: float | None = None) -> None:
        super().step(name, note, seconds)
        self._look(f"after {name}", note)


def planned(said: str) -> list[str]:
    """The steps that a deploy has announced."""
    return [line.split()[0] for line in said.splitlines() if line.startswith("  ") and line.rstrip().endswith(")")]


def done(said: str) -> list[str]:
    """The steps that it has done."""
    return [line.split()[1] for line in said.splitlines() if line.startswith("✓ ")]


@dataclass
class Site:
    """The site's checkout, with verbs called on it as tasks.py does."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    stage: str = "rehearsal"
    said: str = ""
    changes: int = 0

    @classmethod
    def make(cls, root: Path, **files: str) -> Self:
        repository(root, FILES | files)
        home = root / ".djheroku" / "home"
        home.mkdir(parents=True)
        environ = {name: os.environ[name] for name in ("PATH", *ENGINE) if name in os.environ}
        return cls(root, environ | {"HOME": str(home)})

    def commit(self, files: dict[str, str]) -> str:
        return commit(self.root, files)

    def change(self, **files: str) -> str:
        """A commit of its own, whatever the tests before have done; files by their names, with _ for a dot."""
        self.changes += 1
        return self.commit({name.replace("_", "."): text for name, text in files.items()} | {"count": str(self.changes)})

    @property
    def head(self) -> str:
        return git(self.root, "rev-parse", "HEAD")

    def tools(self, on: Callable[[str, str], bool] | None = None) -> Tools:
        self.file = io.StringIO()
        printer = Ended(self.file, on) if on else Printer(file=self.file)
        return Tools(configuration.load(self.root, environ=self.environ), printer)

    def heroku(self) -> Heroku:
        return self.tools().heroku(self.stage)

    def verb(self, verb: Callable[..., None], *, on: Callable[[str, str], bool] | None = None, **options: Any) -> str:
        """Call a verb; what it says is returned, and kept where it ends in bad news."""
        tools = self.tools(on)
        try:
            verb(tools, **({"stage": self.stage} | options))
        finally:
            self.said = self.file.getvalue()
        return self.said

    def deploy(self, **options: Any) -> str:
        return self.verb(deploy, **({"options": BRIEF} | options))

    def create(self) -> str:
        return self.verb(apps.create, name="", region="", team="", stack="")


@dataclass
class Rehearsal:
    """`python -m rehearsal` as a process, told where it is only by its rehearsal.json."""

    home: Path
    words: tuple[str, ...] = ("--runtime", "process")

    def start(self) -> Rehearsal:
        self.home.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-m", "rehearsal", "--home", str(self.home), *self.words]
        environ = {name: value for name, value in os.environ.items() if name not in ("PORT", "DATABASE_URL", "REDIS_URL")}
        self.output = (self.home / "output").open("wb")
        self.process = subprocess.Popen(
            argv, cwd=ROOT, env=environ, stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True
        )
        until(self._ready, what=f"the rehearsal is ready: {(self.home / 'output').read_text()}", seconds=60)
        return self

    def _ready(self) -> bool:
        assert self.process.poll() is None, (self.home / "output").read_text()
        try:
            api = json.loads((self.home / "rehearsal.json").read_text())["api"]
            return httpx.get(f"{api}/account").status_code == 401
        except (OSError, ValueError, httpx.HTTPError):
            return False

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.output.close()
        if "docker" in self.words:
            self._remove_images()

    def _remove_images(self) -> None:
        """Those that it keeps for its next start: there is none. By their names, as one image may have several."""
        label = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
        listed = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
        listed += ["--filter", f"reference=djheroku-rehearsal-{label}"]
        if names := subprocess.run(listed, capture_output=True, text=True, check=False).stdout.split():
            subprocess.run(["docker", "image", "rm", *names], check=False, capture_output=True)


@contextmanager
def rehearsed(root: Path, *words: str, deployed: bool = True, **files: str) -> Iterator[Site]:
    """A site with an app on a rehearsal of its own, as long as it is needed."""
    site = Site.make(root, **files)
    rehearsal = Rehearsal(root / ".djheroku" / "rehearsal", words or Rehearsal.words).start()
    try:
        site.create()
        if deployed:
            site.deploy()
        yield site
    finally:
        rehearsal.stop()
