"""The composition root: builds the doors once; the verbs receive them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from toolbelt import config as configuration
from toolbelt import stages
from toolbelt.artifacts.layers import Cache
from toolbelt.artifacts.registry import Registry
from toolbelt.config import STACKS, Config
from toolbelt.errors import MissingTool, StackError, ToolbeltError, UsageError
from toolbelt.heroku import releases, tokens
from toolbelt.heroku.client import Client
from toolbelt.output import Printer
from toolbelt.secret import Secret
from toolbelt.stack import engine
from toolbelt.stack.compose import Compose
from toolbelt.stack.embedded import Embedded
from toolbelt.stages import Stage

Stack = Compose | Embedded


@dataclass(frozen=True)
class Heroku:
    """The doors to a stage's app: the API, the registry and git, with one token."""

    stage: Stage
    token: Secret
    client: Client
    registry: Registry

    @property
    def app(self) -> str:
        return self.stage.app

    @property
    def git_url(self) -> str:
        return f"{self.stage.git}/{self.stage.app}.git"


@dataclass
class Tools:
    """What a verb works with."""

    config: Config
    printer: Printer

    @classmethod
    def here(cls, *, port: int | None = None) -> Tools:
        """The tools of the checkout that this file belongs to."""
        return cls(configuration.load(Path(__file__).resolve().parent.parent, port=port), Printer())

    @cached_property
    def embedded(self) -> Embedded:
        return Embedded(self.config)

    @cached_property
    def docker(self) -> Compose:
        return Compose(self.config)

    def choose(self, asked: str = "") -> tuple[Stack, str]:
        """The stack to bring up, and in a few words why it is that one.

        Raises UsageError for a name that is none, MissingTool where Docker is asked for and does not answer.
        """
        if asked not in ("", *STACKS):
            raise UsageError(f"There is no stack {asked!r}", todo=f"There are: {', '.join(STACKS)}")
        if asked == "embedded":
            return self.embedded, "asked for"
        try:
            version = engine.version()
        except MissingTool as error:
            if asked == "docker":
                raise
            return self.embedded, f"{error.headline}: Postgres and Valkey run as processes"
        return self.docker, "asked for" if asked else f"Docker {version} answers"

    def up(self) -> Stack | None:
        """The stack that is up in this checkout, or None."""
        if self.embedded.running():
            return self.embedded
        try:
            engine.version()
        except MissingTool:
            return None
        return self.docker if self.docker.running() else None

    def stack(self) -> Stack:
        """The stack that is up; StackError if none is."""
        if (found := self.up()) is None:
            raise StackError("The stack is not up", todo="./inv up, or ./inv up --detach to keep this terminal")
        return found

    def heroku(self, stage: str = "", *, app: str = "") -> Heroku:
        """The doors to a stage's app; app takes the place of the stage's own. ToolbeltError where there is no token."""
        chosen = stages.load(self.config.root, name=stage, app=app)
        token = chosen.token or tokens.find(self.config.environ, host=chosen.host, account=chosen.account)[0]
        return self.heroku_of(chosen, token)

    def heroku_of(self, chosen: Stage, token: Secret) -> Heroku:
        """The doors to a stage with a token in hand."""
        client = Client(chosen.api, token, flag=chosen.flag)
        client.on_warning = self.printer.warn
        if (record := self.printer.record) is not None:  # of two, such as a promotion's, the last is the one that is changed
            record.place = {"stage": chosen.name, "app": chosen.app}
            record.running = lambda: _running(client, record.place["app"])  # apps.rename changes it
        return Heroku(chosen, token, client, Registry(chosen.registry, token, flag=chosen.flag))

    @cached_property
    def layers(self) -> Cache:
        return Cache(self.config.home / "cache" / "layers")


def _running(client: Client, app: str) -> str:
    """The release that runs, such as v42; "" where none does, or nobody can tell."""
    try:
        found = releases.running(client, app)
    except ToolbeltError:
        return ""
    return found.name if found else ""
