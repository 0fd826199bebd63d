"""The small programs of samples.py as images, one for each command."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.rehearsal.samples import FILES

DOCKERFILE = """\
FROM python:3.14-slim
COPY . /srv
WORKDIR /srv
RUN chmod 777 /srv
USER 0
HEALTHCHECK CMD false
CMD python3 -u {command}
"""


class Images:
    """Images of the samples, one for each command."""

    def __init__(self, folder: Path, label: str, files: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._files = {**FILES, **(files or {})}
        self._name = f"djheroku-test-{label}"
        self.made: dict[str, str] = {}

    def of(self, command: str) -> str:
        if command not in self.made:
            for name, text in self._files.items():
                (self._folder / name).write_text(text, encoding="utf-8")
            (self._folder / "Dockerfile").write_text(DOCKERFILE.format(command=command), encoding="utf-8")
            tag = f"{self._name}:{len(self.made)}"
            subprocess.run(["docker", "build", "-q", "-t", tag, self._folder], check=True, capture_output=True)
            self.made[command] = tag
        return self.made[command]

    def remove(self) -> None:
        subprocess.run(["docker", "rmi", "-f", *self.made.values()], check=False, capture_output=True)
