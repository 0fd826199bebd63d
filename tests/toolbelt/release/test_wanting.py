"""What a checkout asks for on the stage that it is deployed to."""

from __future__ import annotations

from pathlib import Path

from tests.toolbelt.rehearsed import FILES, Site
from toolbelt import git
from toolbelt.commands.release.observing import want
from toolbelt.plan import SOURCE

STAGED = """
[tool.djheroku.stages.staging]
app = "tiny-staging"

[tool.djheroku.stages.production]
app = "tiny-production"
formation.worker = { quantity = 3, size = "standard-1x" }
"""


def test_quantities_are_those_of_the_stage(tmp_path: Path) -> None:
    site = Site.make(tmp_path, **{"pyproject.toml": FILES["pyproject.toml"] + STAGED})
    site.environ["HEROKU_API_KEY"] = "x"
    tools, quantities = site.tools(), {}
    for name in ("staging", "production"):
        stage = tools.heroku(name).stage
        wanted = want(tools, stage, git.head(site.root), kind=SOURCE, asked=False)
        quantities[name] = {name: wish.quantity for name, wish in wanted.formation.items()}
    assert quantities == {"staging": {"web": 1, "worker": 1}, "production": {"web": 1, "worker": 3}}
