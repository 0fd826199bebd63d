"""A fresh copy of this checkout in a folder of its own, as somebody who cloned it has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Checkout:
    """A copy with a git history of one commit; verbs are run in it with this Python."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path) -> Checkout:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        made = cls(folder)
        made.git("init", "--quiet")
        made.commit("first")
        return made

    def git(self, *words: str) -> str:
        argv = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", *words]
        return subprocess.run(argv, cwd=self.root, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything and return the full sha."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def child_environ(self) -> dict[str, str]:
        """The environ of a person: nothing of the test run's own servers and settings."""
        mine = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PORT", "CI", "COMMIT"}
        kept = {name: value for name, value in os.environ.items() if name not in mine and not name.startswith("PYTEST")}
        return {**kept, "NO_COLOR": "1", **self.environ}

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "verbs", *words]

    def inv(self, *words: str, check: bool = True, timeout: float = 150) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end; with check, a failure shows all that it said."""
        done = subprocess.run(
            self.argv(*words), cwd=self.root, env=self.child_environ(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(f"inv {' '.join(words)} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done
