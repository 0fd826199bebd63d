"""The app of a plain rehearsal: as app.json has it, on a stack that fits the build."""

from __future__ import annotations

from toolbelt import git
from toolbelt.commands.apps import apps as app_verbs
from toolbelt.heroku import addons, apps
from toolbelt.plan import GIT, IMAGE
from toolbelt.stages import REHEARSAL
from toolbelt.tools import Heroku, Tools

# The stack of an app that is built from source, where app.json asks for images.
BUILDPACK_STACK = "heroku-24"
WAY_OUT = "./inv rehearse --down --volumes throws the rehearsal away with its data; then ./inv rehearse begins anew"


def create(tools: Tools, heroku: Heroku, kind: str) -> None:
    """Make it if it is not there; the same app may be rehearsed in every way, one after the other."""
    stack = apps.CONTAINER if kind == IMAGE else BUILDPACK_STACK
    try:
        app_verbs.create(tools, name="", stage=REHEARSAL, region="", team="", stack=stack)
        for each in addons.every(heroku.client, heroku.app):
            if each.state == "deprovisioned":  # in a rehearsal before this one
                raise addons.failure(each, flag=heroku.stage.flag)
    except addons.Failed as error:
        error.todo = WAY_OUT
        raise
    found = apps.info(heroku.client, heroku.app)
    if found.is_container != (kind == IMAGE):
        path = f"/apps/{found.name}"
        heroku.client.patch(path, {"build_stack": stack}, found=lambda: None, made=apps.read)
        tools.printer.step("stack", f"{found.stack} -> {stack}")


def uncommitted(tools: Tools, kind: str) -> None:
    """Say what the build will make of changes: a rehearsal is where one tries them."""
    if not (changes := git.head(tools.config.root).changes):
        return
    if kind == IMAGE:
        tools.printer.say(f"{len(changes)} files are not committed as they are here; the image has them as they are.")
    else:
        what = "pushed" if kind == GIT else "built"
        tools.printer.warn(f"{len(changes)} files are not committed as they are here; the commit is {what} without that")
