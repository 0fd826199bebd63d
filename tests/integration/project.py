"""A copy of the site that a test may edit, and the process of development that runs in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.checkout import ROOT


@dataclass
class Project:
    """One process at a time; end() or kill() it."""

    root: Path
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def copied_to(cls, folder: Path) -> Project:
        shutil.copytree(ROOT / "djheroku", folder / "djheroku", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "manage.py", folder)
        return cls(folder)

    @property
    def said(self) -> str:
        return (self.root / "log").read_text()

    def save(self, text: str, name: str = "djheroku/sample.py") -> None:
        (self.root / name).write_text(text)

    def start(self, *words: str, **environ: str) -> None:
        self.run([sys.executable, "manage.py", *words], **environ)

    def run(self, argv: list[str], **environ: str) -> None:
        variables = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | environ
        with (self.root / "log").open("wb") as log:
            self.process = subprocess.Popen(argv, cwd=self.root, env=variables, stdout=log, stderr=log)

    def end(self, signum: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; the exit status. Nothing that it started is left."""
        assert self.process
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signum)
        status = self.process.wait(20)
        _, left = psutil.wait_procs(children, timeout=5)
        assert not left
        return status

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
                process.kill()
            self.process.wait(10)
