"""The real Heroku, for somebody with an account: makes an app, deploys, looks at it, destroys it.

Costs a few cents: the app lives for some minutes with app.json's add-ons. Run it so:

    DJHEROKU_LIVE=1 HEROKU_API_KEY=... ./inv test tests/live -- --timeout 1800
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest

from tests.checkout import Checkout

pytestmark = pytest.mark.skipif(
    os.environ.get("DJHEROKU_LIVE") != "1" or not os.environ.get("HEROKU_API_KEY"),
    reason="needs a Heroku account: DJHEROKU_LIVE=1 and HEROKU_API_KEY",
)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("build", "stack"), [("image", "container"), ("source", "heroku-24")])
def test_an_app_from_nothing_to_a_page(tmp_path: Path, build: str, stack: str) -> None:
    app = f"djheroku-live-{uuid4().hex[:8]}"
    checkout = Checkout.make(tmp_path)
    with (checkout.root / "pyproject.toml").open("a") as pyproject:
        pyproject.write(f'\n[tool.djheroku.stages.live]\napp = "{app}"\n')
    commit = checkout.commit("a stage for this test")
    try:
        checkout.inv("apps.create", "--stage", "live", "--stack", stack, timeout=900)
        said = checkout.inv("deploy", "--stage", "live", "--build", build, timeout=1500).stdout
        site = re.search(r"https://\S+", said)
        assert site, said
        with urllib.request.urlopen(f"{site[0].rstrip('/')}/health/release", timeout=30) as answer:
            assert json.load(answer)["commit"] == commit
        assert "succeeded" in checkout.inv("releases", "--stage", "live").stdout
    finally:
        checkout.inv("apps.destroy", "--stage", "live", "--confirm", app, check=False)
