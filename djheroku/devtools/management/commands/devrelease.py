"""`manage.py devrelease`: the release phase of the stack in development."""

import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection

PATIENCE = 60.0


def release_line(procfile: Path) -> list[str]:
    """The words of the Procfile's release line; none where it has no such line."""
    for line in procfile.read_text(encoding="utf-8").splitlines():
        process_type, colon, command = line.partition(":")
        if process_type == "release" and colon:
            return shlex.split(command)
    return []


class Command(BaseCommand):
    """Runs the Procfile's release line, then seed, in one process: each start of Django costs half a second."""

    help = "Waits for the database, runs the Procfile's release line, and fills what is empty (seed)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self._wait_for_the_database()
        words = release_line(settings.BASE_DIR / "Procfile")
        if words[:2] == ["python", "manage.py"]:
            call_command(*words[2:])
        elif words:
            subprocess.run(words, cwd=settings.BASE_DIR, check=True)
        call_command("seed")

    def _wait_for_the_database(self) -> None:
        """Importing the site and starting Postgres take as long as each other, and overlap."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return connection.ensure_connection()
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
