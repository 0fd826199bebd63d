"""A site with an app that has been released, verbs called and typed at it, and an API that answers what it is told."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from invoke import Program

import tasks
from tests.toolbelt.bad_input.lines import SECRET
from tests.toolbelt.rehearsed import Rehearsal, Site
from toolbelt import config as configuration
from toolbelt import tools as doors
from toolbelt.commands.apps import config as config_
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import apps as all_apps
from toolbelt.heroku import configvars
from toolbelt.heroku.client import Client
from toolbelt.output import Printer
from toolbelt.secret import Secret
from toolbelt.tools import Tools

WRONG = "nobody-has-this"
DUMP = 'import sys\nsys.stdout.write("[" + "1, " * 500_000 + "1]")\n'


@dataclass
class Told:
    status: int
    out: str
    err: str

    @property
    def whole(self) -> str:
        return self.out + self.err


@dataclass
class Bench:
    """The site; its stage "wrong" has an app that is not there, "again" the same one as the rehearsal."""

    site: Site
    facts: dict[str, str]

    def faults(self, **wanted: object) -> None:
        httpx.post(
            f"{self.facts['api']}/_rehearsal/faults", json=wanted, headers={"Authorization": f"Bearer {self.facts['token']}"}
        )

    def tools(self) -> Tools:
        return Tools(configuration.load(self.site.root, environ=self.site.environ), Printer())

    @property
    def client(self) -> Client:
        return self.site.heroku().client

    def create(self, name: str) -> None:
        all_apps.create(self.client, name, stack="heroku-24")

    def values(self) -> dict[str, str]:
        return {name: value.reveal() for name, value in configvars.every(self.client, "tiny").items()}

    def stage(self, name: str, app: str) -> None:
        """A stage in pyproject.toml, of this rehearsal."""
        lines = [f'{key} = "{self.facts[key]}"' for key in ("api", "git", "registry", "data")]
        with (self.site.root / "pyproject.toml").open("a") as file:
            file.write("\n".join([f"[tool.djheroku.stages.{name}]", f'app = "{app}"', *lines, ""]))


@pytest.fixture(scope="package")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    site = Site.make(tmp_path_factory.mktemp("site"), **{"manage.py": DUMP, ".gitignore": ".env\n.djheroku/\n"})
    words = ("--runtime", "process", "--set", "provisioning=1")
    rehearsal = Rehearsal(site.root / ".djheroku" / "rehearsal", words).start()
    try:
        facts = json.loads((site.root / ".djheroku" / "rehearsal" / "rehearsal.json").read_text())
        site.environ["HEROKU_API_KEY"] = facts["token"]
        made = Bench(site, facts)
        site.create()
        for name, app in (("wrong", WRONG), ("review", "tiny-pr"), ("again", "tiny")):
            made.stage(name, app)
        site.commit({"pyproject.toml": (site.root / "pyproject.toml").read_text()})
        site.deploy()
        site.verb(config_.set_, pairs=[f"PASSWORD={SECRET}"], force=True)
        yield made
    finally:
        rehearsal.stop()


@pytest.fixture(autouse=True)
def nothing_wrong(bench: Bench) -> Iterator[None]:
    yield
    bench.faults()


@pytest.fixture
def heard(bench: Bench, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Told]]:
    """Call something without a terminal, behind the boundary that every verb has: its exit status, and what it says where.

    Whatever it says, neither the token nor a config var is in it.
    """
    nothing = Path(os.devnull).open()  # noqa: SIM115 (closed below)

    def told(call: Callable[[], object], *, stdin: IO[str] | None = None) -> Told:
        capfd.readouterr()
        status = 0
        try:
            with monkeypatch.context() as patched:
                patched.setattr(sys, "stdin", stdin or nothing)
                call()
        except ToolbeltError as error:
            Printer().bad_news(error)
            status = error.status
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = capfd.readouterr()
        assert bench.facts["token"] not in out + err
        assert SECRET not in out + err
        return Told(status, out, err)

    yield told
    nothing.close()


@pytest.fixture
def tell(bench: Bench, heard: Callable[..., Told]) -> Callable[..., Told]:
    """Call a verb's function on a stage."""

    def told(verb: Callable[..., None], *, stage: str = "rehearsal", stdin: IO[str] | None = None, **options: Any) -> Told:
        return heard(lambda: verb(bench.tools(), stage=stage, **options), stdin=stdin)

    return told


class Stack:
    """The stack of this machine, as far as verbs ask it before they go to an app."""

    name = "embedded"

    def database_url(self) -> Secret:
        return Secret(os.environ["DATABASE_URL"])


@pytest.fixture
def typed(bench: Bench, heard: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Told]:
    """Type a line, from its verb on: the index, its flags and its boundary are those of ./inv."""

    def told(line: str) -> Told:
        argv = ["inv", *shlex.split(line)]
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", argv)
            patched.setattr(Tools, "here", lambda **_named: bench.tools())
            patched.setattr(Tools, "up", lambda _self: Stack())
            return heard(lambda: Program(namespace=tasks.namespace).run(argv, exit=False))

    return told


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The rehearsal's answers as a function has them: what only Heroku itself would say."""

    def answers(answer: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> None:
        beyond = httpx.HTTPTransport()

        def handle(request: httpx.Request) -> httpx.Response:
            there = beyond.handle_request(request)
            there.read()
            return answer(request, there)

        monkeypatch.setattr(
            doors, "Client", lambda *words, **named: Client(*words, **named, transport=httpx.MockTransport(handle))
        )

    return answers
