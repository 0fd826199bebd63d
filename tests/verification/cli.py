"""The real Heroku CLI, from npm, with everything of this machine's own Heroku account out of its sight."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

VERSION = "11.10.0"
NODE = 20  # `engines` of the package
WHERE = Path(tempfile.gettempdir()) / f"djheroku-heroku-cli-{VERSION}-{os.getuid()}"
ENTRY = WHERE / "node_modules" / "heroku" / "bin" / "run.js"


class Unavailable(Exception):
    """The CLI cannot be had here; the message says why."""


def installed() -> Path:
    """The program, brought from npm on first use. Raises Unavailable."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Unavailable(f"needs node {NODE} or newer and npm")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if int(re.sub(r"\D*(\d+).*", r"\1", version.strip()) or 0) < NODE:
        raise Unavailable(f"needs node {NODE} or newer; there is {version.strip()}")
    WHERE.mkdir(mode=0o700, exist_ok=True)
    with (WHERE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (WHERE / "complete").is_file():
            argv = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", f"heroku@{VERSION}"]
            try:
                done = subprocess.run(argv, cwd=WHERE, capture_output=True, text=True, timeout=600)
            except subprocess.TimeoutExpired:
                raise Unavailable("npm did not bring the package heroku within 10 minutes") from None
            if done.returncode != 0:
                raise Unavailable(f"npm does not bring the package heroku {VERSION}: {done.stderr.strip()[-200:]}")
            (WHERE / "complete").touch()
    return ENTRY


class Heroku:
    """Runs the CLI against one address, with a home folder of its own."""

    def __init__(self, home: Path, *, api: str, token: str, certificate: Path) -> None:
        self.entry = installed()
        host = api.removeprefix("http://")
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "HEROKU_HOST": api,
            "HEROKU_API_KEY": token,
            "HEROKU_GIT_HOST": f"{host}/git",
            "HEROKU_DATA_HOST": "127.0.0.1",  # a name only: the port is the API's
            "HEROKU_PARTICLEBOARD_URL": f"{api}/particleboard",
            "NODE_EXTRA_CA_CERTS": str(certificate),
            "DISABLE_TELEMETRY": "true",
            "IS_HEROKU_TEST_ENV": "true",
            "HEROKU_DISABLE_AUTOUPDATE": "1",
            "HEROKU_SKIP_NEW_VERSION_CHECK": "true",
            "HIDE_HEROKU_RELEASE_NOTES": "true",
            "NO_COLOR": "1",
            "CI": "true",
            "TERM": "dumb",
        }

    def run(self, *words: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; with check, a failure shows all that it said."""
        done = subprocess.run(
            ["node", str(self.entry), *words], env=self.environ, cwd=self.environ["HOME"], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(f"heroku {' '.join(words)} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def __call__(self, *words: str) -> str:
        """What a command prints that must succeed."""
        done = self.run(*words)
        return done.stdout + done.stderr
