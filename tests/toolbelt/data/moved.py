"""A checkout of this repository with its stack up, and two apps of a rehearsal, between which data moves."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.checkout import Checkout
from tests.toolbelt.rehearsed import Rehearsal


class Data:
    """A checkout of this repository with its stack up, and two apps: `far` (protected) and `other`."""

    def __init__(self, checkout: Checkout, facts: dict[str, str]) -> None:
        self.checkout, self.facts = checkout, facts

    def inv(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.checkout.inv(*words, check=check)

    def refused(self, *words: str) -> str:
        done = self.inv(*words, check=False)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr

    def url(self, stage: str = "") -> str:
        if stage:
            return self.inv("config.get", "DATABASE_URL", "--stage", stage).stdout.strip()
        return self.inv("run", "--", "python", "-c", "import os; print(os.environ['DATABASE_URL'])").stdout.strip()

    def ask(self, sql: str, stage: str = "") -> list[tuple[object, ...]]:
        connection = psycopg2.connect(self.url(stage), sslmode="require" if stage else "prefer")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()


@contextmanager
def moved(root: Path, *, port: int, disk: str = "", reserve: str = "") -> Iterator[Data]:
    """The port is the site's. disk: the size of a file system for the data of its servers alone, such as 120m; reserve: of
    bytes that are kept free on it, in the place of the tools' own."""
    (heroku := root / "heroku").mkdir()
    (site := root / "site").mkdir()
    rehearsal = Rehearsal(heroku).start()
    checkout = Checkout.make(site)
    servers = checkout.root / ".djheroku" / "servers"
    if disk:
        servers.mkdir(parents=True)
        small(servers, disk)
    if reserve:
        code = checkout.root / "toolbelt" / "data" / "room.py"
        code.write_text(re.sub(r"^RESERVE = .*$", f"RESERVE = {reserve}", code.read_text(), flags=re.MULTILINE))
    facts = json.loads((rehearsal.home / "rehearsal.json").read_text())
    checkout.environ |= {"DOCKER_HOST": "unix:///nowhere", "HEROKU_API_KEY": facts["token"]}
    stages = ""
    for stage in ("far", "other"):
        stages += f'\n[tool.djheroku.stages.{stage}]\napp = "{stage}-site"\n'
        stages += "protected = true\n" if stage == "far" else ""
        stages += "".join(f'{key} = "{facts[key]}"\n' for key in ("api", "git", "registry", "data"))
    project = checkout.root / "pyproject.toml"
    project.write_text(project.read_text() + stages)
    try:
        checkout.inv("up", "--detach", "--stack", "embedded", "--port", str(port))
        for stage in ("far", "other"):
            checkout.inv("apps.create", "--stage", stage)
        yield Data(checkout, facts)
    finally:
        checkout.inv("down", check=False)
        rehearsal.stop()
        if disk:
            subprocess.run(["umount", servers], check=True)


def small(folder: Path, size: str) -> None:
    """A file system of its own in the place of a folder; the test is skipped where that is not allowed."""
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=711", "tmpfs", str(folder)]
    done = subprocess.run(mounting, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be made here: {done.stderr.strip() or done.stdout.strip()}")
