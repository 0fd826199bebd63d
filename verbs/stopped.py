"""What is said of a verb that somebody ended with Ctrl-C: what is known, and which verb tells the rest."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from toolbelt import output
from toolbelt.errors import Interrupted

NOTHING = "Interrupted"  # there is nothing to add: a person knows it

# A verb that changes something, and the one that tells how far it came. Some tell more themselves (toolbelt/commands): what is
# said here is for the moments in which they do not.
TELLS = {
    "deploy": "releases",
    "promote": "releases",
    "releases.rollback": "releases",
    "ps.scale": "ps",
    "ps.restart": "ps",
    "ps.stop": "ps",
    "ps.wait": "ps",
    "run": "ps",
    "manage": "ps",
    "loaddata": "ps",
    "createsuperuser": "ps",
    "jobs": "jobs",
    "config.set": "config",
    "config.unset": "config",
    "config.push": "config",
    "config.pull": "config",
    "addons.create": "addons",
    "addons.upgrade": "addons",
    "addons.wait": "addons",
    "addons.destroy": "addons",
    "db.pull": "db.info",
    "db.push": "db.info",
    "db.copy": "db.info",
    "db.reset": "db.info",
    "db.extension": "db.info",
    "db.restore": "db.info",
    "db.backup": "db.backups",
    "db.backups.download": "db.backups",
    "db.backups.cancel": "db.backups",
    "db.backups.delete": "db.backups",
    "db.backups.schedule": "db.backups.schedules",
    "db.backups.unschedule": "db.backups.schedules",
    "media.pull": "media.pull --dry-run",
    "media.push": "media.push --dry-run",
    "apply": "plan",
    "apps.create": "apps",
    "apps.destroy": "apps",
    "apps.rename": "apps",
    "maintenance": "apps.info",
    "reviewapps.create": "reviewapps",
    "reviewapps.destroy": "reviewapps",
    "reviewapps.sweep": "reviewapps",
    "domains.add": "domains",
    "domains.remove": "domains",
    "domains.certificates": "domains",
    "pipelines.add": "pipelines",
    "pipelines.remove": "pipelines",
    "access.add": "access",
    "access.remove": "access",
    "down": "status",
    "restart": "status",
}
WAITS = {"ps.wait", "addons.wait"}  # they ask Heroku for nothing
HERE = {"db.pull", "media.pull", "config.pull", "db.backups.download", "down", "restart"}  # it is this machine that they change
# Without a stage they are about this machine, too.
EITHER = {"db.reset", "db.extension", "db.restore", "run", "manage", "loaddata", "createsuperuser", "jobs"}
# Without this argument they only read.
READS = {"ps.scale": "wishes_0", "maintenance": "switch", "domains.certificates": "switch", "jobs": "retry"}
QUESTIONS = {output.ask.__name__, output.answer.__name__, output.hidden.__name__}


def told(name: str, values: Mapping[str, Any], stopped: KeyboardInterrupt) -> Interrupted:
    """What is said of the verb, which was given these values; a headline alone where there is nothing to add."""
    if name not in TELLS or (name in READS and not values.get(READS[name])):
        return Interrupted(NOTHING)
    if _at_a_question(stopped):
        return Interrupted("Interrupted: what was asked about was not done")
    stage = values.get("to") or values.get("b") or values.get("stage") or ""
    todo = f"./inv {TELLS[name]}{f' --stage {stage}' if stage and name != 'db.pull' else ''} tells"
    if name in WAITS:
        return Interrupted("Interrupted: what is under way at Heroku goes on", todo=todo)
    if name in HERE or (name in EITHER and not stage):
        return Interrupted("Interrupted: whether it was done is not known", todo=todo)
    return Interrupted("Interrupted: whether Heroku has done what it was asked for is not known", todo=todo)


def _at_a_question(stopped: KeyboardInterrupt) -> bool:
    frames = (frame.f_code for frame, _ in traceback.walk_tb(stopped.__traceback__))
    return any(code.co_filename == output.__file__ and code.co_name in QUESTIONS for code in frames)
