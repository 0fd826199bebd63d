"""The site's server, or its worker, in development: after a save it starts again, with the new code."""

import contextlib
import os
import signal
from pathlib import Path
from types import FrameType

from djheroku.devtools import starting
from djheroku.devtools.filesystem import saves
from djheroku.devtools.programs import Program


class Supervisor:
    """Keeps *program* running with the newest code of the site until it is told to end."""

    def __init__(self, root: Path, program: Program) -> None:
        self.root = root
        self.program = program
        self._pid: int | None = None
        self._status = 0
        self._ending = False
        self._stale = False

    def run(self) -> int:
        """The last exit status of the program; 0 when this was told to end, and it did."""
        starting.preload()
        for signum in starting.END:
            signal.signal(signum, self._end)
        self._pid = starting.start(self.program)
        for saved in saves(self.root / "djheroku"):
            if saved and not self._stale:
                self._stale = True
                names = ", ".join(sorted(str(Path(path).relative_to(self.root)) for path in saved))
                self._say(f"{names} changed: starting again")
                self._signal(self.program.finish)
            if self._runs():
                continue
            if self._ending:
                break
            if self._stale:
                self._pid, self._stale = starting.start(self.program), False
            elif not self._can_be_mended:
                break
        return self._status

    @property
    def _can_be_mended(self) -> bool:
        """Whether what the program stopped with may be the code's fault: what is missing from the environ no save will bring."""
        return self._status == starting.BROKEN or self._status < 0

    def _runs(self) -> bool:
        """Whether it runs; when it has stopped just now and a save may mend it, say so."""
        if self._pid is None:
            return False
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if not pid:
            return True
        self._pid, self._status = None, os.waitstatus_to_exitcode(status)
        if self._ending:
            self._status = max(self._status, 0)
        elif self._can_be_mended and not self._stale:
            why = f"was ended by signal {-self._status}" if self._status < 0 else "cannot run"
            self._say(f"{why}, waiting for the next save")
        return False

    def _signal(self, signum: signal.Signals) -> None:
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signum)

    def _end(self, signum: int, frame: FrameType | None) -> None:
        self._ending = True
        # Ctrl-C in a terminal has reached it already; a second one must come from a person.
        self._signal(signal.SIGTERM)

    def _say(self, sentence: str) -> None:
        print(f"{self.program.name}: {sentence}", flush=True)
