"""The site itself, looked at by Django under variables like the app's: settings, checks, models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolbelt import shell
from toolbelt.doctor.finding import Finding, error, ok, warning
from toolbelt.errors import CommandFailed

PROGRAM = Path("djheroku/devtools/examination.py")
SECONDS = 60.0


def examine(root: Path, python: str, environ: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What the site's program says; None where the site has none. environ: all that it is to know."""
    if not (root / PROGRAM).is_file():
        return None
    module = PROGRAM.with_suffix("").as_posix().replace("/", ".")
    try:
        done = shell.run([python, "-m", module], cwd=root, env=dict(environ), timeout=SECONDS, check=False)
    except CommandFailed as problem:
        return {"settings": problem.headline}
    try:
        found: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}").splitlines()[-1]
        return {"settings": last}
    return found


def findings(found: Mapping[str, Any] | None, *, where: str) -> Iterator[Finding]:
    """where: whose variables they are."""
    if found is None:
        return
    if found["settings"]:
        yield error(
            "settings",
            f"the site does not start with {where}",
            str(found["settings"]),
            "./inv config.set NAME=…, or mend the settings",
        )
        return
    yield ok("settings", f"{found['module']} starts with {where}")
    if found["debug"]:
        yield error(
            "settings",
            "DEBUG is on",
            "every error shows the settings and the code to the visitor",
            "DEBUG = False, in the settings that a dyno has",
        )
    if not found["hosts"]:
        yield error(
            "settings", "ALLOWED_HOSTS is empty", "every request is answered with 400", "./inv config.set ALLOWED_HOSTS=…"
        )
    for each in found["checks"]:
        level = error if each["level"] == "error" else warning
        yield level("checks", f"{each['id']}: {each['what'].strip()}", "manage.py check --deploy", each["hint"] or "Mend it")
    if not found["checks"]:
        yield ok("checks", "manage.py check --deploy finds nothing")
    if found["models"]:
        fails = found["models"].startswith("makemigrations fails")
        what = "the migrations do not fit together" if fails else "a change of a model has no migration"
        yield error("models", what, found["models"], "Mend the newest migration" if fails else "./inv makemigrations")
    else:
        yield ok("models", "every change has its migration")
