"""A small site whose verbs are typed, on a rehearsal of its own that the Heroku CLI can be pointed at, too."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.checkout import ROOT
from tests.toolbelt.rehearsed import FILES, Rehearsal, Site
from tests.verification.cli import Heroku

TOOLS = ("tasks.py", "verbs", "toolbelt")
APP = {
    "stack": "heroku-24",
    "buildpacks": [{"url": "heroku/python"}],
    "addons": ["heroku-redis:mini"],
    "env": {"WORD": {"value": "first"}},
    "formation": {"web": {"quantity": 1}, "worker": {"quantity": 1}},
}
STAGE = 'app = "tiny"\nfeatures = { preboot = true }\npipeline = "line"\ncoupling = "staging"\n'


@dataclass
class Commanded:
    """The site, with its tools in it, and its one stage, whose app is ``tiny``."""

    site: Site
    rehearsal: Rehearsal
    known: dict[str, str]

    @classmethod
    def make(cls, root: Path, **settings: float) -> Commanded:
        """A site in the folder; settings of the rehearsal as rehearsal/settings.py names them."""
        ignored = FILES[".gitignore"] + "".join(
            f"/{name}\n" for name in (*TOOLS, "inv", ".venv", ".env", "requirements-tools.txt")
        )
        site = Site.make(root, **{".gitignore": ignored, "app.json": json.dumps(APP)})
        for name in TOOLS:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, root / name)
        words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        rehearsal = Rehearsal(root / ".djheroku" / "rehearsal", (*Rehearsal.words, *words)).start()
        known = json.loads((rehearsal.home / "rehearsal.json").read_text())
        places = "".join(f'{key} = "{known[key]}"\n' for key in ("api", "git", "registry", "data"))
        site.commit({"pyproject.toml": FILES["pyproject.toml"] + f"[tool.djheroku.stages.staging]\n{STAGE}{places}"})
        site.environ |= {"HEROKU_API_KEY": known["token"], "NO_COLOR": "1"}
        return cls(site, rehearsal, known)

    def cli(self, home: Path) -> Heroku:
        """The real CLI, pointed at the same rehearsal. Raises Unavailable."""
        certificate = self.rehearsal.home / "tls" / "rendezvous.pem"
        return Heroku(home, api=self.known["api"], token=self.known["token"], certificate=certificate)

    def run(self, *words: str, check: bool = True, timeout: float = 120, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Type a verb, and ``typed`` into its stdin; with check, a failure shows all that it said."""
        done = subprocess.run(
            [sys.executable, "-m", "invoke", *words], cwd=self.site.root, env=self.site.environ, input=typed,
            capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        if check and done.returncode != 0:
            log = (self.rehearsal.home / "output").read_text()[-2000:]
            raise AssertionError(f"inv {' '.join(words)} -> {done.returncode}\n{done.stdout}\n{done.stderr}\n{log}")
        return done

    def __call__(self, *words: str) -> str:
        """What a verb prints that must succeed."""
        done = self.run(*words)
        return done.stdout + done.stderr

    def stop(self) -> None:
        self.rehearsal.stop()
