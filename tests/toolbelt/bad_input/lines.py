"""Every verb that means an app, as somebody types it: from the index of verbs, so that a new one cannot be forgotten."""

from __future__ import annotations

from typing import Any

from invoke import Task

import tasks

SECRET = "correct-horse-battery"
# What a verb needs beside its name. {stage} and {app} are put in; without {stage} the line ends in --stage NAME.
WORDS = {
    "loaddata": "loaddata keys",
    "manage": "manage -- check",
    "run": "run -- true",
    "promote": "promote --from rehearsal --to {stage}",
    "config.get": "config.get WORD",
    "config.set": f"config.set WORD={SECRET} --force",
    "config.unset": "config.unset WORD",
    "config.diff": "config.diff {stage} rehearsal",
    "ps.stop": "ps.stop web",
    "ps.wait": "ps.wait --wait 1",
    "addons.create": "addons.create heroku-redis:mini --wait 1",
    "addons.upgrade": "addons.upgrade DATABASE_URL heroku-postgresql:essential-1",
    "addons.wait": "addons.wait --wait 1",
    "addons.destroy": "addons.destroy DATABASE_URL --confirm {app}",
    "db.pull": "db.pull --yes",
    "db.copy": "db.copy {stage} rehearsal",
    "db.reset": "db.reset --confirm {app}",
    "db.extension": "db.extension hstore",
    "db.backups.delete": "db.backups.delete b001 --confirm {app}",
    "db.backups.schedule": "db.backups.schedule 02:00",
    "db.restore": "db.restore b001 --confirm {app}",
    "apps.destroy": "apps.destroy --confirm {app}",
    "apps.rename": "apps.rename another",
    "domains.add": "domains.add www.example.com",
    "domains.remove": "domains.remove www.example.com --confirm {app}",
    "pipelines.add": "pipelines.add line staging",
    "access.add": "access.add ada@example.com",
    "access.remove": "access.remove ada@example.com",
    "apply": "apply --yes",
}
# The same verb, typed otherwise.
AGAIN = (
    "config.diff rehearsal {stage}",
    "config.pull WORD --yes",
    "db.pull --raw --confirm {app}",
    "domains.add www.example.com --wait --seconds 1",
    "domains.certificates on",
    "domains.certificates off --confirm {app}",
    "domains.certificates --wait --seconds 1",
    "logs --tail",
    "maintenance on",
    "media.pull --dry-run",
    "ps.scale web=1",
    "run --detach -- true",
)
# Verbs that take a stage, and do not need its app to be there.
WITHOUT = {
    "plan": "there is none yet: it says so",
    "apply": "it makes the app",
    "apps.create": "it makes the app",
    "reviewapps.create": "it makes the app",
    "reviewapps.destroy": "that there is none is as good",
    "reviewapps.sweep": "it looks at all apps",
    "reviewapps": "it looks at all apps",
    "apps": "it looks at all apps",
    "pipelines": "it looks at all pipelines",
    "doctor": "it tells it among what it finds",
    "login": "it is about the account",
    "logout": "it is about the account",
    "whoami": "it is about the account",
}
ACCOUNT = ("plan", "apply", "apps.create", "reviewapps", "reviewapps.sweep", "apps", "pipelines", "whoami")
STAGE = {"stage", "a", "to"}  # what a verb calls the stage that it means

VERBS: dict[str, Task[Any]] = {made.name.replace("_", "-"): made for group in tasks.GROUPS.values() for made in group}


def takes(name: str, *wanted: str) -> bool:
    """A verb has one of these arguments."""
    return any(each.name in wanted for each in VERBS[name].get_arguments())


ON_AN_APP = [WORDS.get(name, name) for name in VERBS if takes(name, *STAGE) and name not in WITHOUT] + list(AGAIN)
ON_AN_ACCOUNT = [WORDS.get(name, name) for name in ACCOUNT]


def line(words: str, *, stage: str, app: str) -> str:
    """What is typed to mean this stage, whose app has this name."""
    if "{stage}" not in words:
        verb, dashes, rest = words.partition(" -- ")
        words = f"{verb} --stage {{stage}}{dashes}{rest}"
    return words.format(stage=stage, app=app)
