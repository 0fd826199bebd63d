"""A site with two apps on one rehearsal, staging and production, each a stage of its pyproject.toml."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.toolbelt.rehearsed import FILES, Rehearsal, Site
from tests.waiting import until
from toolbelt.commands.apps import apps
from toolbelt.commands.promotion.promote import promote
from toolbelt.commands.release.deploy import deploy
from toolbelt.commands.release.deploying import Options
from toolbelt.heroku import configvars, formation, releases
from toolbelt.heroku.releases import Release
from toolbelt.secret import Secret
from toolbelt.tools import Heroku

STAGING, PRODUCTION = "tiny-staging", "tiny-production"
APPS = {"staging": STAGING, "production": PRODUCTION}
BRIEF = Options(seconds=1.0, times=2)


class Pair(Site):
    """The checkout; ``promote`` is the verb, told of both stages."""

    rehearsal: Rehearsal

    @classmethod
    def start(cls, root: Path, *, runtime: str, **files: str) -> Pair:
        rehearsal = Rehearsal(root / "rehearsal", ("--runtime", runtime)).start()
        found = json.loads((rehearsal.home / "rehearsal.json").read_text())
        pyproject = FILES["pyproject.toml"]
        for stage, app in APPS.items():
            places = "".join(f'{key} = "{found[key]}"\n' for key in ("api", "git", "registry", "data"))
            pyproject += f'[tool.djheroku.stages.{stage}]\napp = "{app}"\n{places}'
        cls.made = files | {"pyproject.toml": pyproject}  # type: ignore[attr-defined]
        made = cls.make(root / "site", **cls.made)  # type: ignore[attr-defined]
        made.rehearsal = rehearsal
        made.environ |= {"HEROKU_API_KEY": found["token"]}
        for stage in APPS:
            made.verb(apps.create, stage=stage, name="", region="", team="", stack="")
        return made  # type: ignore[return-value]

    def stop(self) -> None:
        self.rehearsal.stop()
        if "docker" in self.rehearsal.words:
            subprocess.run(["docker", "image", "rm", f"{STAGING}:deployed"], check=False, capture_output=True)

    def at(self, stage: str) -> Heroku:
        return self.tools().heroku(stage)

    def newest(self, stage: str) -> Release:
        heroku = self.at(stage)
        found = releases.newest(heroku.client, heroku.app)
        assert found is not None
        return found

    def config(self, stage: str, **values: str | None) -> None:
        """Set config vars, or remove them, and see the release of it to its end."""
        heroku = self.at(stage)
        wanted = {name: None if value is None else Secret(value) for name, value in values.items()}
        configvars.change(heroku.client, heroku.app, wanted)
        self.settled(stage)

    def stack(self, stage: str, name: str) -> None:
        """What the app is to be built for from now on."""
        heroku = self.at(stage)
        heroku.client.patch(f"/apps/{heroku.app}", {"build_stack": name}, found=lambda: None, made=lambda _answer: True)

    def settled(self, stage: str) -> None:
        until(lambda: self.newest(stage).status != "pending", what="the release phase is over", seconds=60)

    def to_staging(self, **options: Any) -> str:
        return self.verb(deploy, stage="staging", options=BRIEF, **options)

    def promote(self, *, on: Callable[[str, str], bool] | None = None, **options: Any) -> str:
        tools = self.tools(on)
        file = self.file  # what is called meanwhile has tools of its own
        try:
            promote(tools, **({"options": BRIEF} | options))
        finally:
            self.said = file.getvalue()
        return self.said

    def scaled(self, stage: str) -> dict[str, int]:
        heroku = self.at(stage)
        return {row.type: row.quantity for row in formation.every(heroku.client, heroku.app)}

    def tells(self, stage: str) -> dict[str, str]:
        """What the site of a stage answers."""
        heroku = self.at(stage)
        url = httpx.URL(str(heroku.client.get(f"/apps/{heroku.app}")["web_url"]))
        answer = httpx.get(url.copy_with(host="127.0.0.1"), headers={"Host": f"{url.host}:{url.port}"}, trust_env=False)
        told: dict[str, str] = answer.json()
        return told


def planned(said: str) -> list[str]:
    return [line.split()[0] for line in said.splitlines() if line.startswith("  ") and line.rstrip().endswith(")")]


def done(said: str) -> list[str]:
    return [line.split()[1] for line in said.splitlines() if line.startswith("✓ ")]
