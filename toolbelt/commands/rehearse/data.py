"""Data for the database of a rehearsal: the site's own fixtures, loaded in a one-off dyno as a person would do it."""

from __future__ import annotations

import re
import time
from pathlib import Path

from toolbelt import git, shell
from toolbelt.errors import DeployFailed
from toolbelt.heroku import logs
from toolbelt.tools import Heroku, Tools

FIXTURE = re.compile(r"(^|/)fixtures/[^/]+\.(json|jsonl|ya?ml|xml)$")
TESTS = re.compile(r"(^|/)tests?/")
ENDED = re.compile(r"Process exited with status (\d+)")
PATIENCE = 300.0


def fixtures(root: Path) -> tuple[str, ...]:
    """The fixtures of a site, those of its tests left out; none where it is no Django site."""
    if not (root / "manage.py").is_file():
        return ()
    return tuple(sorted(name for name in git.files(root) if FIXTURE.search(name) and not TESTS.search(name)))


def load(tools: Tools, heroku: Heroku, names: tuple[str, ...]) -> None:
    """Load them; DeployFailed with the dyno's last lines if that does not go well."""
    began = time.monotonic()
    tools.printer.doing("fixtures", ", ".join(names))
    run(heroku, shell.quote(["python", "manage.py", "loaddata", *names]))
    tools.printer.step("fixtures", ", ".join(Path(name).stem for name in names), time.monotonic() - began)


def run(heroku: Heroku, command: str) -> None:
    """Run a command in a one-off dyno to its end."""
    client = heroku.client
    dyno = str(client.ask(f"/apps/{heroku.app}/dynos", {"command": command, "attach": False})["name"])
    deadline = time.monotonic() + PATIENCE
    while True:
        lines = list(logs.lines(client, heroku.app, last=300, dyno=dyno))
        if ended := next((found for line in lines if (found := ENDED.search(line))), None):
            break
        if time.monotonic() > deadline:
            raise DeployFailed(f"{command} does not end", finding="\n".join(lines[-20:]))
        client.sleep(0.3)
    if ended[1] != "0":
        raise DeployFailed(f"{command} ended with status {ended[1]}", finding="\n".join(lines[-20:]))
