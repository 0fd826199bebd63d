"""Import a settings module in a fresh Python, with an environ of one's own: how else to see what a dyno would."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.checkout import ROOT

SERVERS = {"DATABASE_URL": "postgres://u:p@db.example:5432/n", "REDIS_URL": "redis://redis.example:6379/0"}
KEY = "a-key-for-tests-only-" + "0123456789abcdefghijklmnopqrstuvwxyz"
READ = """
import importlib, json, sys
settings = importlib.import_module(sys.argv[1])
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.isupper()}, default=str))
"""


def run(argv: list[str], root: Path = ROOT, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Python with nothing in its environ but PATH and *environ*."""
    return subprocess.run(
        [sys.executable, *argv],
        cwd=root,
        env={"PATH": os.environ["PATH"]} | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


def settings(module: str, root: Path = ROOT, **environ: str) -> dict[str, Any]:
    """The settings as JSON values."""
    done = run(["-c", READ, f"djheroku.settings.{module}"], root, **environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def complaint(module: str, **environ: str) -> str:
    """The last line of the traceback with which the import fails."""
    done = run(["-c", READ, f"djheroku.settings.{module}"], **environ)
    assert done.returncode != 0
    return done.stderr.strip().splitlines()[-1]
