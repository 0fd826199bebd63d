"""How long a verb takes, and the Heroku CLI's command for the same: `./inv bench verbs`.

In turn, on one rehearsal by processes, with a small site: the wire is this machine's own, so what is measured is the
tools' start and how often they ask. Needs node and the CLI's package, which npm brings on first use.
`python bench/verbs.py pg:` measures only the commands that begin so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _site import ROOT, machine, median, table

from tests.verification.cli import Unavailable
from tests.verification.commanded import Commanded

ROUNDS = 5
ON = ("--stage", "staging")
APP = ("--app", "tiny")
DATABASE = ("DATABASE_URL", *APP)
SURE = ("--confirm", "tiny")
# What it is called, the words of the verb, the words of the CLI's command; {} is a number of its own in each round.
TYPED: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
    ("config", ("config", *ON), ("config", *APP)),
    ("config:set", ("config.set", "WORD={}", *ON), ("config:set", "WORD=cli{}", *APP)),
    ("ps", ("ps", *ON), ("ps", *APP)),
    ("ps:scale", ("ps.scale", "worker={}", *ON), ("ps:scale", "worker={}", *APP)),
    ("releases", ("releases", *ON), ("releases", *APP)),
    ("addons", ("addons", *ON), ("addons", *APP)),
    ("run", ("run", *ON, "--", "true"), ("run", "--exit-code", *APP, "--", "true")),
    ("logs", ("logs", *ON), ("logs", *APP)),
    ("pg:info", ("db.info", *ON), ("pg:info", *APP)),
    ("pg:backups:capture", ("db.backup", *ON), ("pg:backups:capture", *APP)),
    ("pg:backups", ("db.backups", *ON), ("pg:backups", *APP)),
    ("pg:backups:schedule", ("db.backups.schedule", "0{}:00", *ON), ("pg:backups:schedule", *DATABASE, "--at", "0{}:00 UTC")),
    ("pg:backups:schedules", ("db.backups.schedules", *ON), ("pg:backups:schedules", *APP)),
    ("pg:backups:restore", ("db.restore", "b001", *ON, *SURE), ("pg:backups:restore", "b001", *DATABASE, *SURE)),
    ("pg:reset", ("db.reset", *ON, *SURE), ("pg:reset", *DATABASE, *SURE)),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="djheroku-bench-") as folder:
        made = Commanded.make(Path(folder) / "site")
        try:
            heroku = made.cli(Path(folder))
            for name in ("inv", "requirements-tools.txt"):
                shutil.copy2(ROOT / name, made.site.root / name)
            (made.site.root / ".venv").symlink_to((ROOT / ".venv").resolve())
            made("apply", "--yes")
            made("deploy")
            made("addons.create", "heroku-postgresql:essential-0", *ON)
            heroku("version")
            chosen = [row for row in TYPED if row[0].startswith(tuple(sys.argv[1:]) or "")]
            found = {what: _pair(made, heroku.environ, str(heroku.entry), ours, theirs) for what, ours, theirs in chosen}
        except Unavailable as reason:
            print(f"\n### Verbs\n\nNot measured: {reason}.", flush=True)
            return
        finally:
            made.stop()
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    table(
        "Verbs",
        ("", "the verb, s", "from - to", "Heroku's CLI, s", "from - to"),
        [(what, *_told(ours), *_told(theirs)) for what, (ours, theirs) in found.items()],
    )
    print(f"\nMedians of {ROUNDS} rounds, in turn. Load at the end {load}. {machine()}", flush=True)


def _pair(
    made: Commanded, environ: dict[str, str], entry: str, ours: Sequence[str], theirs: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Seconds of the verb and of the command, round by round in turn."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS):
        mine = ["./inv", *(word.format(1 + number % 2) for word in ours)]
        cli = ["node", entry, *(word.format(1 + (number + 1) % 2) for word in theirs)]
        seconds[0].append(_timed(mine, made.site.root, made.site.environ))
        seconds[1].append(_timed(cli, Path(environ["HOME"]), environ))
    return seconds


def _timed(argv: Sequence[str], folder: Path, environ: dict[str, str]) -> float:
    began = time.monotonic()
    done = subprocess.run(argv, cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    took = time.monotonic() - began
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
    return took


def _told(seconds: Sequence[float]) -> tuple[str, str]:
    return f"{median(seconds):.2f}", f"{min(seconds):.2f} - {max(seconds):.2f}"


if __name__ == "__main__":
    main()
