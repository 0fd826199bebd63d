"""An add-on that this machine cannot provide: the rehearsal says why, and what the way out is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.toolbelt.rehearsed import FILES, rehearsed
from toolbelt.commands.apps import addons as addons_
from toolbelt.commands.apps import applying
from toolbelt.commands.rehearse.app import create
from toolbelt.heroku import addons
from toolbelt.plan import SOURCE

pytestmark = pytest.mark.slow
PLAN = "heroku-postgresql:essential-0"


def test_its_cause_and_the_way_out(tmp_path: Path) -> None:
    with rehearsed(tmp_path / "site", deployed=False) as site:
        (site.root / ".djheroku" / "rehearsal" / "addons").write_text("in the way")
        site.commit({"app.json": json.dumps(json.loads(FILES["app.json"]) | {"addons": [PLAN]})})
        for _ in range(2):  # the first time it fails, the second time it is still so
            with pytest.raises(addons.Failed, match="could not be provisioned") as caught:
                create(site.tools(), site.heroku(), SOURCE)
            assert caught.value.todo.startswith("./inv rehearse --down --volumes")
            assert str(site.root / ".djheroku" / "rehearsal" / "addons") in caught.value.finding
        (failed,) = addons.every(site.heroku().client, "tiny")
        with pytest.raises(addons.Failed) as waited:
            site.verb(addons_.wait, addon="", patience=5)
        assert f"./inv addons.destroy {failed.name} --stage rehearsal" in waited.value.todo
        assert f"./inv addons.destroy {failed.name}" in site.verb(applying.plan, as_json=False)
        (site.root / ".djheroku" / "rehearsal" / "addons").unlink()
        site.verb(addons_.destroy, addon=failed.name, confirm="tiny")
        assert "DATABASE_URL" in site.verb(applying.apply, yes=True)
