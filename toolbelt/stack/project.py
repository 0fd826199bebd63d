"""The name of this checkout's Compose project.

It is the folder's name, as bare `docker compose` has it, unless another checkout has taken that.
"""

from __future__ import annotations

import hashlib

from toolbelt import shell
from toolbelt.config import Config

LABEL = "com.docker.compose.project"


def name(config: Config) -> str:
    """The name that was kept, else the one that containers of this checkout carry, else one that nobody else has."""
    kept = config.home / "compose-project"
    if kept.exists():
        return kept.read_text(encoding="utf-8").strip()
    if asked := config.environ.get("COMPOSE_PROJECT_NAME"):
        return asked
    here = str(config.root)
    ours = _docker("ps", "-a", "--filter", f"label={LABEL}.working_dir={here}", "--format", f'{{{{.Label "{LABEL}"}}}}')
    if ours:
        return ours.splitlines()[0]
    plain = "".join(c for c in config.root.name.lower() if c.isalnum() or c in "-_").lstrip("-_") or "djheroku"
    mine = f"label={LABEL}={plain}"
    taken = _docker("ps", "-aq", "--filter", mine) or _docker("volume", "ls", "-q", "--filter", mine)
    return f"{plain}-{hashlib.sha256(here.encode()).hexdigest()[:6]}" if taken else plain


def keep(config: Config, chosen: str) -> None:
    """Write the name down, so that the volumes of this checkout stay its own whatever else comes up meanwhile."""
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (config.home / "compose-project").write_text(chosen + "\n", encoding="utf-8")


def _docker(*argv: str) -> str:
    return shell.run(["docker", *argv], timeout=60).stdout.strip()
