"""Verbs on review apps: an app for each pull request, of images as of source, with a time to live."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from toolbelt.commands.apps import applying, apps
from toolbelt.commands.release.deploy import Options, deploy
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import apps as all_apps
from toolbelt.heroku import configvars, prices
from toolbelt.secret import Secret
from toolbelt.stages import SUFFIX
from toolbelt.tools import Heroku, Tools

STAGE = "review"
UNTIL = "REVIEW_APP_UNTIL"  # the config var that says when the app may go; it is set before anything is released
LIFE = re.compile(r"^(\d+)([hd])$")
DEFINE = """[tool.djheroku.stages.review]
app = "my-site-pr"          # a pull request's app is my-site-pr-NUMBER
environment = "review"      # of app.json's environments, if it has one"""


@dataclass(frozen=True)
class ReviewApp:
    """cents: a month."""

    number: str
    name: str
    address: str
    until: str
    cents: int


def create(tools: Tools, *, number: str, stage: str, life: str, build: str, outputs: str = "") -> None:
    """Make the review app of a pull request if there is none, and deploy this commit to it; its life begins anew."""
    until = _until(life)
    own = f"{stage}{SUFFIX}{number}"
    heroku = _heroku(tools, own, stage)
    case = applying.examine(tools, heroku)
    if case.shape.missing:
        names = ", ".join(case.shape.missing)
        raise UsageError(f"{names}: required, and without a value", todo=f"Give them one in app.json: environments.{stage}.env")
    applying.carry_out(tools, case, {UNTIL: Secret(f"{until:%Y-%m-%dT%H:%MZ}")})
    # A pull request's migrations run on an app of its own: nobody's data is in danger.
    options = Options(outputs=outputs, accept_migrations=True)
    deploy(tools, stage=own, build=build, allow_dirty=True, allow_detached=True, options=options)
    cents = prices.month(heroku.client, heroku.app)
    tools.printer.say(f"{heroku.app} costs about {_money(cents)} a month, and may go after {until:%Y-%m-%d %H:%M} UTC")


def destroy(tools: Tools, *, number: str, stage: str) -> None:
    """Destroy the review app of a pull request; that there is none is as good."""
    heroku = _heroku(tools, f"{stage}{SUFFIX}{number}", stage)
    if all_apps.find(heroku.client, heroku.app) is None:
        tools.printer.step("review app", f"there is no {heroku.app}")
        return
    if UNTIL not in configvars.every(heroku.client, heroku.app):
        raise ToolbeltError(f"{heroku.app} was not made as a review app", todo=f"./inv apps.destroy{heroku.stage.flag}")
    apps.destroy(tools, name="", stage=heroku.stage.name, confirm=heroku.app)


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Every review app, until when it lives and what it costs."""
    found = _every(tools, stage)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [(each.number, each.name, each.until, _money(each.cents), each.address) for each in found]
    tools.printer.table(("number", "app", "until (UTC)", "a month", "address"), rows)


def sweep(tools: Tools, *, stage: str) -> None:
    """Destroy the review apps whose time is over."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"
    over = [each for each in _every(tools, stage) if each.until < now]
    for each in over:
        destroy(tools, number=each.number, stage=stage)
    tools.printer.step("sweep", f"{len(over)} review apps whose time was over")


def _every(tools: Tools, stage: str) -> list[ReviewApp]:
    base = _heroku(tools, stage, stage)
    found = []
    for app in all_apps.every(base.client):
        number = app.name.removeprefix(f"{base.app}-")
        if number == app.name:
            continue
        until = configvars.every(base.client, app.name).get(UNTIL)
        if until is not None:
            cents = prices.month(base.client, app.name)
            found.append(ReviewApp(number, app.name, app.web_url, until.reveal(), cents))
    return found


def _heroku(tools: Tools, own: str, stage: str) -> Heroku:
    try:
        return tools.heroku(own)
    except UsageError as error:
        if "no stage" not in error.headline:
            raise
        raise UsageError(f"There is no stage {stage!r}", finding=DEFINE, todo="Write it to pyproject.toml") from None


def _until(life: str) -> datetime:
    found = LIFE.match(life)
    if found is None:
        raise UsageError(f"{life!r} is no time to live", todo="Hours or days: 12h, 3d")
    return datetime.now(UTC) + timedelta(hours=int(found[1]) * (24 if found[2] == "d" else 1))


def _money(cents: int) -> str:
    return f"${cents / 100:.2f}"
