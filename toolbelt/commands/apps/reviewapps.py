"""Verbs on review apps: an app for each pull request, of images as of source, with a time to live."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from toolbelt.commands.apps import applying, apps, scaling, scripts
from toolbelt.commands.release.deploy import Options, deploy
from toolbelt.commands.release.settling import settle
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError, UsageError
from toolbelt.heroku import apps as all_apps
from toolbelt.heroku import configvars, formation, prices, releases
from toolbelt.heroku.refusals import Unauthorized
from toolbelt.manifest import POSTDEPLOY, PREDESTROY
from toolbelt.secret import Secret
from toolbelt.stages import SUFFIX
from toolbelt.tools import Heroku, Tools

STAGE = "review"
UNTIL = "REVIEW_APP_UNTIL"  # the config var that says when the app may go; it is set before anything is released
DONE = "REVIEW_APP_POSTDEPLOY"  # the config var that says that the script postdeploy has ended well
UP = 180  # seconds until the dynos must be up again
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
    _postdeploy(tools, heroku, number=number, stage=stage)
    cents = prices.month(heroku.client, heroku.app)
    tools.printer.say(f"{heroku.app} costs about {_money(cents)} a month, and may go after {until:%Y-%m-%d %H:%M} UTC")


def _postdeploy(tools: Tools, heroku: Heroku, *, number: str, stage: str) -> None:
    """Run the script postdeploy, unless it has ended well before: as Heroku does, once in the life of the app.

    What says so is a config var, and so a release: only the app itself is seen from every machine.
    """
    script = scripts.of(tools, heroku, POSTDEPLOY)
    if script is None or DONE in configvars.every(heroku.client, heroku.app):
        return
    again = f"./inv reviewapps.create {number}{'' if stage == STAGE else f' --stage {stage}'}"
    half = f"{heroku.app} is deployed, and answers."
    scripts.run(tools, heroku, POSTDEPLOY, script, environ=_environ(heroku, number), half=half, again=again)
    before = releases.newest(heroku.client, heroku.app)
    try:
        configvars.change(heroku.client, heroku.app, {DONE: Secret(f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}")})
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted: the script {POSTDEPLOY} has ended well, and it may not be written down",
            finding=f"Without the config var {DONE} it would run again.",
            todo=f"./inv config{heroku.stage.flag} tells; ./inv config.set {DONE}=yes --force{heroku.stage.flag} sets it",
        ) from None
    if (made := releases.since(heroku.client, heroku.app, before)) is not None:
        settle(tools, heroku, made, kept=f"{DONE} is set: the script will not run again.")
        scaling.wait(tools, process="", stage=heroku.stage.name, patience=UP)


def _environ(heroku: Heroku, number: str) -> dict[str, str]:
    """What Heroku's own review apps tell such a script (https://devcenter.heroku.com/articles/github-integration-review-apps)."""
    return {"HEROKU_APP_NAME": heroku.app, "HEROKU_PR_NUMBER": number}


def destroy(tools: Tools, *, number: str, stage: str, script: bool = True) -> None:
    """Destroy the review app of a pull request, after its script pr-predestroy; that there is none is as good."""
    heroku = _heroku(tools, f"{stage}{SUFFIX}{number}", stage)
    if all_apps.find(heroku.client, heroku.app) is None:
        tools.printer.step("review app", f"there is no {heroku.app}")
        return
    if UNTIL not in configvars.every(heroku.client, heroku.app):
        raise ToolbeltError(f"{heroku.app} was not made as a review app", todo=f"./inv apps.destroy{heroku.stage.flag}")
    if script:
        _predestroy(tools, heroku, number=number, stage=stage)
    apps.destroy(tools, name="", stage=heroku.stage.name, confirm=heroku.app)


def _predestroy(tools: Tools, heroku: Heroku, *, number: str, stage: str) -> None:
    """Run the script pr-predestroy; what it is to clean up would be forgotten with the app."""
    found = scripts.of(tools, heroku, PREDESTROY)
    if found is None:
        return
    if not formation.every(heroku.client, heroku.app):  # a release of config vars alone brings no process types
        tools.printer.step(PREDESTROY, f"nothing was ever deployed to {heroku.app}: there is nothing to run it")
        return
    again = f"./inv reviewapps.destroy {number}{'' if stage == STAGE else f' --stage {stage}'}"
    half = f"{heroku.app} is still there, and costs; {again} --no-script destroys it all the same."
    scripts.run(tools, heroku, PREDESTROY, found, environ=_environ(heroku, number), half=half, again=again)


def list_(tools: Tools, *, stage: str, as_json: bool) -> None:
    """Every review app, until when it lives and what it costs."""
    found = _every(tools, stage)
    if as_json:
        tools.printer.data(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [(each.number, each.name, each.until, _money(each.cents), each.address) for each in found]
    tools.printer.table(("number", "app", "until (UTC)", "a month", "address"), rows)


def sweep(tools: Tools, *, stage: str) -> None:
    """Destroy the review apps whose time is over; one that cannot be destroyed does not keep the others."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"
    over = [each for each in _every(tools, stage) if each.until < now]
    left = []
    for each in over:
        try:
            destroy(tools, number=each.number, stage=stage)
        except (Interrupted, Unauthorized):
            raise
        except ToolbeltError as error:
            left.append(f"{each.name}: {error.headline}")
    tools.printer.step("sweep", f"{len(over) - len(left)} review apps whose time was over")
    if left:
        todo = f"./inv reviewapps.destroy NUMBER{'' if stage == STAGE else f' --stage {stage}'}, with --no-script if need be"
        raise DeployFailed("Not every review app whose time is over is gone", finding="\n".join(left), todo=todo)


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
