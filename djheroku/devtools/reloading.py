"""The half of `runserver` that watches nothing and serves nothing, without Django.

With autoreload, runserver loads the whole site only to start itself a second time, and again whenever that copy ends with
status 3 (django.utils.autoreload.restart_with_reloader). This is that loop, and saves the first of the two loads.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

CHANGED = 3


def wanted(arguments: Sequence[str]) -> bool:
    """Whether these are the arguments of a runserver that reloads, and this is not its second copy already."""
    return arguments[1:2] == ["runserver"] and "--noreload" not in arguments and os.environ.get("RUN_MAIN") != "true"


def rerun(arguments: Sequence[str]) -> int:
    """Run the copy that serves until it ends with another status than that for changed files; SIGTERM ends both."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, end)
    command = [sys.executable, *(f"-X{key}={value}" for key, value in sys._xoptions.items()), *arguments]
    try:
        while True:
            status = subprocess.run(command, env={**os.environ, "RUN_MAIN": "true"}, check=False).returncode
            if status != CHANGED:
                return status
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)
