"""How a rehearsal goes: what runs now, its data, this commit on top under light load, and back again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from toolbelt import git
from toolbelt.commands.rehearse.data import fixtures, load
from toolbelt.commands.rehearse.leg import Course, checkout, known
from toolbelt.commands.rehearse.like import Likeness, before, fit
from toolbelt.commands.rehearse.load import Light, Load
from toolbelt.commands.release.deploy import deploy
from toolbelt.commands.release.rollback import rollback
from toolbelt.errors import DeployFailed
from toolbelt.heroku import apps, dynos, releases, site
from toolbelt.heroku.client import Client
from toolbelt.heroku.releases import Release
from toolbelt.report.facts import BACK, BEFORE, THIS
from toolbelt.stages import REHEARSAL
from toolbelt.tools import Tools

RESTARTED = 60.0  # seconds for dynos to be there again after a restart; later ones are told of all the same


def plain(course: Course, *, light: Light) -> None:
    """This commit on the app as it is here; if a release runs already, it is replaced under load."""
    if light.rate and (answer := site.ask(course.heroku.client, _url(course))).status == 200:
        commit = answer.commit.removesuffix("-dirty")
        with _under(course, light):
            this(course, on=commit if known(course.tools.config.root, commit) else "")
        return

    def work(hands: Tools) -> None:
        _deploy(hands, course)
        with _under(course, light):
            _restart(hands, course)

    course.leg(THIS, work, commit=git.head(course.tools.config.root).commit)


def _restart(hands: Tools, course: Course) -> None:
    """As Heroku restarts every dyno once a day: where nothing is replaced yet, it shows how the dynos end."""
    began = time.monotonic()
    client, app = course.heroku.client, course.heroku.app
    before = {each.name: each.since for each in dynos.every(client, app) if each.type != "run"}
    client.ask(f"/_rehearsal/apps/{app}/cycle", {})
    while time.monotonic() < began + RESTARTED:
        found = {each.name: each for each in dynos.every(client, app)}
        if all(name in found and found[name].state == "up" and found[name].since != since for name, since in before.items()):
            break
        client.sleep(0.3)
    hands.printer.step("restart", "as Heroku does it once a day", time.monotonic() - began)


def like_app(course: Course, like: Likeness, *, light: Light) -> None:
    """The deploy that is about to be done: on top of what runs there, with data, under load, and back."""
    commit = before(course, like)
    if not commit:
        this(course)
        fit(course, like)
        with _under(course, light):
            pass
        return
    old = _old(course, commit, like)
    with _under(course, light):
        this(course, on=commit)
        course.heroku.client.sleep(light.seconds)
        back(course, old, commit)


def _old(course: Course, commit: str, like: Likeness) -> Release:
    """What runs there now, with quantities and sizes as there, and the site's fixtures for data."""
    with checkout(course.tools, commit) as root:
        names = fixtures(root)

        def work(hands: Tools) -> None:
            _deploy(hands, course)
            fit(course, like)
            if names:
                load(hands, course.heroku, names)

        if not names:
            course.note("The site has no fixtures: its migrations meet no data here")
        course.leg(BEFORE, work, commit=commit, root=root)
    found = releases.running(course.heroku.client, course.heroku.app)
    assert found is not None
    _up(course, found)
    return found


def this(course: Course, *, on: str = "") -> None:
    """The commit of this checkout, by the same deploy as ever. on: what runs until then."""
    course.leg(THIS, partial(_deploy, course=course), commit=git.head(course.tools.config.root).commit, on=on)


def _deploy(hands: Tools, course: Course) -> None:
    deploy(
        hands,
        stage=REHEARSAL,
        build=course.kind,
        allow_dirty=True,
        allow_detached=True,
        force=True,
        patience=course.patience,
        options=course.options,
    )


def back(course: Course, to: Release, commit: str) -> None:
    """The release before it again, on the database as the new one left it: even where that may break it, for that is
    what is to be seen."""

    def work(hands: Tools) -> None:
        rollback(
            hands, which=to.name, stage=REHEARSAL, verify=course.options.verify, accept_migrations=True, patience=course.patience
        )  # fmt: skip

    course.leg(BACK, work, commit=commit)


def _up(course: Course, release: Release) -> None:
    """Wait until every dyno is one of the release and up: sizes were changed, and that restarts them."""
    deadline = time.monotonic() + course.patience
    while True:
        found = [each for each in dynos.every(course.heroku.client, course.heroku.app) if each.type != "run"]
        if all(each.state in ("up", "idle") and each.version >= release.version for each in found):
            return
        if time.monotonic() > deadline:
            late = next(each for each in found if each.state not in ("up", "idle") or each.version < release.version)
            raise DeployFailed(f"{late.name} of {release.name} is {late.state} after {course.patience:g} s")
        course.heroku.client.sleep(0.3)


@contextmanager
def _under(course: Course, light: Light) -> Iterator[None]:
    """Light load for as long as this lasts, and a few seconds more."""
    if not light.rate:
        yield
        return
    heroku = course.heroku
    load_ = Load(Client(heroku.stage.api, heroku.token), f"{_url(course)}{light.path}", rate=light.rate, clock=course.clock)
    load_.start()
    try:
        yield
        heroku.client.sleep(light.seconds)
    finally:
        course.requests = load_.stop()


def _url(course: Course) -> str:
    return apps.info(course.heroku.client, course.heroku.app).web_url
