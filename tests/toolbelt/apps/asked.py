"""A checkout whose stage "test" means an app that is not there yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.toolbelt.rehearsed import FILES, Rehearsal, Site
from toolbelt.commands.apps import apps
from toolbelt.heroku import apps as all_apps


@contextmanager
def asked(rehearsal: Rehearsal, root: Path, wanted: dict[str, Any], *, stage: str = "") -> Iterator[Site]:
    """wanted: its app.json; stage: what pyproject.toml says of the stage besides. The app goes when it is over."""
    found = json.loads((rehearsal.home / "rehearsal.json").read_text())
    made = Site.make(root, **{"app.json": json.dumps(wanted)})
    made.environ["HEROKU_API_KEY"] = found["token"]
    made.stage = "test"
    places = "".join(f'{key} = "{found[key]}"\n' for key in ("api", "git", "registry", "data"))
    made.commit({"pyproject.toml": f'{FILES["pyproject.toml"]}[tool.djheroku.stages.test]\napp = "tiny"\n{places}{stage}'})
    yield made
    if all_apps.find(made.heroku().client, "tiny"):
        made.verb(apps.destroy, name="", confirm="tiny")
