"""A real app, as far as the tools can tell: one of a rehearsal of its own, known as a stage with addresses and a token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.toolbelt.rehearsed import Rehearsal
from toolbelt.tools import Heroku

STAGE = """
[tool.djheroku.stages.production]
app = "tiny-live"
api = "{api}"
git = "{git}"
registry = "{registry}"
data = "{data}"
"""


class Real:
    """The real app: what it was given, and whether anybody has changed it."""

    def __init__(self, home: Path, *words: str) -> None:
        self.rehearsal = Rehearsal(home, words).start()
        self.facts: dict[str, Any] = json.loads((home / "rehearsal.json").read_text())

    def state(self, heroku: Heroku) -> tuple[object, ...]:
        client, name = heroku.client, heroku.app
        asked = ("releases", "formation", "addons", "features", "config-vars")
        return tuple(client.get(f"/apps/{name}/{what}") for what in asked)
