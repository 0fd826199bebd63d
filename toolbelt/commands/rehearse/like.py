"""An app of the rehearsal that is like a real one: what the real one has is read, but not one value of its config vars."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from toolbelt import git, likeness, manifest
from toolbelt.addresses import shown_name
from toolbelt.commands.history import entries as history
from toolbelt.commands.rehearse.app import BUILDPACK_STACK
from toolbelt.commands.rehearse.leg import Course, known
from toolbelt.errors import UsageError
from toolbelt.heroku import addons, apps, configvars, features, formation, site
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.apps import App
from toolbelt.heroku.formation import Row
from toolbelt.heroku.refusals import NotFound, Refused
from toolbelt.output import ago
from toolbelt.stages import REHEARSAL
from toolbelt.tools import Heroku, Tools

PYTHON = ("heroku/python", "https://github.com/heroku/heroku-buildpack-python")
PREBOOT = "preboot"
# A site does not come up without them, wherever the real one has them from.
STAND_INS = {"DATABASE_URL": "heroku-postgresql:essential-0", "REDIS_URL": "heroku-redis:mini"}
MOST = 2  # dynos of a process type: enough to see them take turns, and this machine has no more room
LONGEST = 30  # characters of an app's name


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """What an app is like. names: of its config vars; commit: what runs there, "" where nobody can tell."""

    stage: str
    app: App
    rows: tuple[Row, ...]
    addons: tuple[Addon, ...]
    names: tuple[str, ...]
    features: tuple[str, ...]
    buildpacks: tuple[str, ...]
    commit: str
    release: str
    since: str

    @property
    def preboot(self) -> bool:
        return PREBOOT in self.features


def read(tools: Tools, stage: str) -> Likeness:
    """Look at the stage's app; nothing of it is changed."""
    if stage == REHEARSAL:
        raise UsageError("The rehearsal is to be like an app on Heroku", todo="./inv rehearse --like production")
    heroku = tools.heroku(stage)
    client, name = heroku.client, heroku.app
    app = apps.info(client, name)
    running = next((entry for entry in history.read(tools, heroku, count=20) if entry.running), None)
    commit = (running.commit if running else "") or _told(heroku, app)
    found = Likeness(
        stage=stage,
        app=app,
        rows=formation.every(client, name),
        addons=addons.every(client, name),
        names=tuple(sorted(configvars.every(client, name))),
        features=tuple(sorted(features.enabled(client, name))),
        buildpacks=tuple(_buildpack(each) for each in client.get(f"/apps/{name}/buildpack-installations")),
        commit=commit.removesuffix("-dirty"),
        release=running.release.name if running else "",
        since=ago(running.release.created) if running else "",
    )
    types = ", ".join(f"{row.type} {row.quantity} {row.size}" for row in found.rows if row.quantity) or "no dynos"
    told = [found.app.stack, types, *(addon.plan for addon in found.addons), f"{len(found.names)} config vars"]
    tools.printer.step("like", f"{name}: {', '.join(told)}")
    return found


def _told(heroku: Heroku, app: App) -> str:
    """The commit as the site itself tells it: of an image Heroku knows none."""
    answer = site.ask(heroku.client, app.web_url) if app.web_url else None
    return answer.commit if answer and re.fullmatch(r"[0-9a-f]{7,64}(-dirty)?", answer.commit) else ""


def _buildpack(found: dict[str, dict[str, str]]) -> str:
    return shown_name(found["buildpack"].get("name") or found["buildpack"].get("url", ""))


def before(course: Course, like: Likeness) -> str:
    """The commit that the rehearsal begins with, or "" and a word on why there is none."""
    name = like.app.name
    if not like.release:
        course.note(f"Nothing runs on {name} yet: this commit is rehearsed alone")
    elif not like.commit:
        course.note(f"Nobody can tell which commit {like.release} of {name} is: this commit is rehearsed alone")
    elif not known(course.tools.config.root, like.commit):
        course.note(f"{name} runs {like.commit[:12]}, which this clone does not have (git fetch): this commit is rehearsed alone")
    else:
        what = f"{like.release} is {like.commit[:7]} {git.subject(course.tools.config.root, like.commit)}"
        course.tools.printer.step("runs", f"{what} ({like.since})")
        return like.commit
    return ""


def app_name(project: str, stage: str) -> str:
    """A name that apps may have, and that no other app of the rehearsal has."""
    return re.sub(r"[^a-z0-9]+", "-", f"{project}-like-{stage}".lower())[:LONGEST].strip("-")


def make(course: Course, like: Likeness) -> dict[str, str]:
    """Make the app anew; where each config var's value came from is returned."""
    heroku, client, name = course.heroku, course.heroku.client, course.heroku.app
    if apps.find(client, name) is not None:  # of an earlier rehearsal: its database has been migrated already
        with suppress(NotFound):  # it takes a while, and a second attempt may find it gone
            apps.destroy(client, name)
    app = _create(course, like)
    brought = _addons(course, like)
    env = manifest.load(course.tools.config.root / "app.json").env
    there = configvars.every(client, name)
    values, origins = likeness.made_up(
        like.names, env=env, taken={*brought, *there}, host=urlsplit(app.web_url).hostname or f"{name}.localhost"
    )  # fmt: skip
    if values:
        configvars.change(client, name, values)
    made_up = [each for each, origin in origins.items() if origin == likeness.MADE_UP]
    course.tools.printer.step("config", f"{len(values)} values, {len(made_up)} of them made up: {', '.join(made_up) or 'none'}")
    if missing := [each for each in like.names if origins[each] == likeness.LEFT_OUT]:
        course.note(f"No value was made up for {', '.join(missing)}: the site does without here")
    for feature in like.features:
        if feature != PREBOOT:
            _enable(course, heroku, feature)
    if other := [each for each in like.buildpacks if each not in PYTHON]:
        course.note(f"{', '.join(other)}: the rehearsal has only heroku/python")
    return origins


def _create(course: Course, like: Likeness) -> App:
    client, name = course.heroku.client, course.heroku.app
    wanted = apps.CONTAINER if course.kind == "image" else like.app.stack
    if wanted == apps.CONTAINER and course.kind != "image":
        course.note(f"{like.app.name} runs images; here there is no Docker, and it is built from source on {BUILDPACK_STACK}")
        wanted = BUILDPACK_STACK
    if wanted == apps.CONTAINER != like.app.stack:
        course.note(f"{like.app.name} is on {like.app.stack}; this rehearsal is of an image")
    try:
        app = apps.create(client, name, stack=wanted)
    except Refused:
        course.note(f"The rehearsal has no stack {wanted}: it is {BUILDPACK_STACK} here")
        app = apps.create(client, name, stack=BUILDPACK_STACK)
    course.tools.printer.step("app", f"{app.name} on the stack {app.stack}")
    return app


def _addons(course: Course, like: Likeness) -> set[str]:
    """Add-ons of the same plans under the same names; the config vars that they bring."""
    brought: set[str] = set()
    client, name = course.heroku.client, course.heroku.app
    for addon in like.addons:
        attachment = next((each.removesuffix("_URL") for each in addon.config_vars if each.endswith("_URL")), "")
        for plan in (addon.plan, addon.service):
            try:
                made = addons.create(client, name, plan, attachment=attachment)
            except Refused:
                continue
            made = addons.wait(client, name, made)
            brought |= set(made.config_vars)
            if plan != addon.plan:
                course.note(f"{addon.plan} is {made.plan} here")
            course.tools.printer.step("add-on", f"{made.plan}: {', '.join(made.config_vars)}")
            break
        else:
            course.note(f"{addon.plan} is none of the rehearsal's add-ons: its config vars are made up")
    for name, plan in STAND_INS.items():
        if name in like.names and name not in brought:
            made = addons.wait(client, course.heroku.app, addons.create(client, course.heroku.app, plan))
            brought |= set(made.config_vars)
            course.note(f"{name} of {like.app.name} is not of an add-on that there is here: {made.plan} stands in for it")
    return brought


def _enable(course: Course, heroku: Heroku, feature: str) -> None:
    try:
        features.enable(heroku.client, heroku.app, feature)
    except Refused:
        course.note(f"The feature {feature} is not to be had here")


def fit(course: Course, like: Likeness) -> None:
    """Quantities and sizes as the real app has them, once there is a release that has the process types."""
    heroku = course.heroku
    there = {row.type for row in formation.every(heroku.client, heroku.app)}
    wishes: dict[str, tuple[int, str]] = {}
    for row in like.rows:
        if row.type not in there:
            if row.quantity:
                course.note(f"{row.type} runs on {like.app.name}; the commit that was released here has no such process type")
            continue
        if row.quantity > MOST:
            course.note(f"{row.type} has {row.quantity} dynos on {like.app.name}, and {MOST} here")
        wishes[row.type] = (min(row.quantity, MOST), row.size)
    try:
        if wishes:
            formation.scale(heroku.client, heroku.app, wishes)
    except Refused as error:
        course.note(f"The formation could not be made like that of {like.app.name}: {error.headline}")
        return
    course.tools.printer.step("formation", ", ".join(f"{name} {wish[0]} {wish[1]}" for name, wish in wishes.items()))
    if like.preboot:
        _enable(course, heroku, PREBOOT)
        course.note("preboot: old and new dynos run side by side for seconds here, and for about three minutes on Heroku")
