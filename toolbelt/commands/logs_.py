"""The log of a stage's app, and its page in a browser."""

from __future__ import annotations

import webbrowser

from toolbelt.errors import UsageError
from toolbelt.heroku import apps, logs
from toolbelt.tools import Tools


def logs_of_stage(tools: Tools, *, stage: str, process: str, tail: bool, lines: int) -> None:
    """The last lines of the app's log, of one process type or dyno if it is named; with tail, all that come."""
    heroku = tools.heroku(stage)
    dyno = "" if process in ("router", "heroku", "app") else process
    source = process if process in ("heroku", "app") else "heroku" if process == "router" else ""
    told = False
    try:
        for line in logs.lines(heroku.client, heroku.app, tail=tail, last=lines, dyno=dyno, source=source):
            if process != "router" or "heroku[router]" in line:
                tools.printer.raw(line + "\n")
                told = True
    except KeyboardInterrupt:
        tools.printer.say()
    else:
        if process and lines and not told:
            tools.printer.warn(
                f"these lines have none of {process}: ./inv ps{heroku.stage.flag} tells what there is, --num N looks back further"
            )


def open_(tools: Tools, *, stage: str, path: str) -> None:
    """The app's address, in a browser if there is one."""
    heroku = tools.heroku(stage)
    url = apps.info(heroku.client, heroku.app).web_url
    if not url:
        raise UsageError(f"{heroku.app} has no address")
    address = f"{url}/{path.lstrip('/')}"
    tools.printer.data(address)
    if tools.config.interactive:
        webbrowser.open(address)
