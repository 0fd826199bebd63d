"""Scripts of app.json: postdeploy, once after a review app's first good deploy, and pr-predestroy, before its end."""

from __future__ import annotations

import time
from collections.abc import Mapping

from toolbelt import manifest
from toolbelt.commands.apps import oneoff
from toolbelt.errors import DeployFailed, Interrupted, ToolbeltError
from toolbelt.manifest import Script
from toolbelt.tools import Heroku, Tools


def of(tools: Tools, heroku: Heroku, name: str) -> Script | None:
    """The script of that name, as app.json and the stage's environment in it have it."""
    return manifest.of(tools.config.root, heroku.stage.name, heroku.stage.differences).scripts.get(name)


def run(tools: Tools, heroku: Heroku, name: str, script: Script, *, environ: Mapping[str, str], half: str, again: str) -> None:
    """Run a script to its end, with its output shown.

    half: what is so where it does not end well; again: the command that runs it another time. Raises DeployFailed
    with the script's own exit status, Interrupted at Ctrl-C.
    """
    began = time.monotonic()
    tools.printer.doing(name, script.command)
    try:
        status = oneoff.scripted(tools, heroku, script.command, size=script.size, environ=environ)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted in the script {name} of app.json",
            finding=f"Its dyno is hung up: what it has done by then stays done. {half}",
            todo=f"{again} runs it from its beginning",
        ) from None
    except ToolbeltError as error:
        error.finding = "\n".join(filter(None, [error.finding, f"It was to run the script {name} of app.json. {half}"]))
        error.todo = error.todo or f"{again} runs it again"
        raise
    if status != 0:
        failed = DeployFailed(
            f"The script {name} of app.json ended with status {status}",
            finding=f"{script.command}\n{half}",
            todo=f"Its output is above. Mend it, then: {again}; to look around: ./inv run{heroku.stage.flag} -- bash",
        )
        failed.status = status
        raise failed
    tools.printer.step(name, script.command, time.monotonic() - began)
