"""Two apps of a rehearsal inside this process, each with a database, and the verbs on them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.rehearsal.harness import Running
from tests.rehearsal.test_addons import POSTGRES, provision
from tests.rehearsal.test_backups import execute
from toolbelt import config as configuration
from toolbelt.heroku import data
from toolbelt.output import Printer
from toolbelt.tools import Tools


@dataclass
class Kept:
    """Its stages are a (protected) and b; each has a table ``kept``, filled with numbers."""

    running: Running
    root: Path
    apps: dict[str, str]
    said: str = ""

    @classmethod
    def make(cls, running: Running, root: Path) -> Kept:
        apps = {stage: running.app() for stage in ("a", "b")}
        written = '[project]\nname = "kept"\n'
        for stage, app in apps.items():
            provision(running, app, POSTGRES)
            base = running.world.base
            places = f'api = "{base}"\ngit = "{base}/git"\nregistry = "{base}"\ndata = "{base}/data"\n'
            protected = str(stage == "a").lower()
            written += f'[tool.djheroku.stages.{stage}]\napp = "{app}"\nprotected = {protected}\n{places}'
        (root / "pyproject.toml").write_text(written)
        made = cls(running, root, apps)
        for stage in apps:
            made.fill(stage)
        return made

    def fill(self, stage: str, rows: int = 5000) -> None:
        self.ask(
            stage, f"DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT n, md5(n::text) FROM generate_series(1, {rows}) n"
        )

    def ask(self, stage: str, sql: str) -> Any:
        return execute(self.running, self.apps[stage], sql)

    def rows(self, stage: str) -> int:
        return int(self.ask(stage, "SELECT count(*) FROM kept")[0][0])

    def tables(self, stage: str) -> int:
        return int(self.ask(stage, "SELECT count(*) FROM pg_stat_user_tables")[0][0])

    def tools(self) -> Tools:
        environ = {"HEROKU_API_KEY": self.running.world.token, "HOME": str(self.root)}
        return Tools(configuration.load(self.root, environ=environ), Printer(file=io.StringIO()))

    def verb(self, verb: Callable[..., None], **options: Any) -> str:
        """Call a verb; what it says is returned, and kept where it ends in bad news."""
        tools = self.tools()
        try:
            verb(tools, **options)
        finally:
            file = tools.printer.console.file
            assert isinstance(file, io.StringIO)
            self.said = file.getvalue()
        return self.said

    def transfers(self, stage: str) -> tuple[data.Transfer, ...]:
        heroku = self.tools().heroku(stage)
        return data.transfers(data.door(heroku.stage, heroku.token), heroku.app)

    def fault(self, **wanted: Any) -> None:
        assert self.running.http.post("/_rehearsal/faults", json=wanted).status_code == 201
