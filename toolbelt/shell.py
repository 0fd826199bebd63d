"""The only place that starts a process."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from toolbelt.errors import CommandFailed, MissingTool

Popen = subprocess.Popen[bytes]


def which(program: str, path: str | None = None) -> str | None:
    """The full path of a program, or None."""
    return shutil.which(program, path=path)


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it printed.

    stdin is given to it as text; timeout is in seconds. Raises CommandFailed for a non-zero status unless
    check is False, for a time-out always; MissingTool where there is no such program.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=env,
            input=stdin,
            timeout=timeout,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except (FileNotFoundError, PermissionError) as error:  # the latter: a folder on PATH that may not be read
        raise MissingTool(f"{words[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{words[0]} did not end within {timeout:g} s", returncode=-1) from error
    if check and done.returncode != 0:
        raise CommandFailed(
            f"{words[0]} ended with status {done.returncode}",
            returncode=done.returncode,
            finding=(done.stderr or done.stdout).strip(),
        )
    return done


def stream(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    interruptible: bool = False,
) -> int:
    """Run a program on our own terminal and return its exit status.

    Ctrl-C reaches the program from the terminal; we wait for it to end in its own way and only then go on, or,
    if interruptible, raise KeyboardInterrupt. Such a program is ended by us as well: who cancels a CI run signals us alone.
    """
    words = [str(word) for word in argv]
    try:
        process = subprocess.Popen(words, cwd=cwd, env=env)
    except (FileNotFoundError, PermissionError) as error:  # the latter: a folder on PATH that may not be read
        raise MissingTool(f"{words[0]} is not on this machine") from error
    interrupted = False
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            interrupted = True
            if interruptible:
                process.terminate()
            continue
        if interrupted and interruptible:
            raise KeyboardInterrupt
        return status


def lines(argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a program and yield what it prints, stderr included, line by line; CommandFailed at the end if it failed."""
    process = spawn(argv, cwd=cwd, env=env, stdout=subprocess.PIPE, new_session=False)
    assert process.stdout is not None
    try:
        for raw in process.stdout:
            yield raw.decode(errors="replace").rstrip("\r\n")
        returncode = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if returncode != 0:
        raise CommandFailed(f"{argv[0]} ended with status {returncode}", returncode=returncode)


def spawn(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] | None = None,
    new_session: bool = True,
    user: int | None = None,
    group: int | None = None,
) -> Popen:
    """Start a program and return at once; stderr goes where stdout goes, stdin is empty.

    new_session puts it at the head of a process group of its own, so that Ctrl-C at our terminal reaches only
    us and ``end_group`` reaches it with all its children. user and group (numbers) need root.
    """
    words = [str(word) for word in argv]
    try:
        return subprocess.Popen(
            words,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT if stdout is not None else None,
            start_new_session=new_session,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
        )
    except (FileNotFoundError, PermissionError) as error:  # the latter: a folder on PATH that may not be read
        raise MissingTool(f"{words[0]} is not on this machine") from error


def signal_group(pid: int, number: signal.Signals) -> bool:
    """Send a signal to the process group that ``pid`` leads; False if it is gone."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def quote(argv: Sequence[str | Path]) -> str:
    """The words as a person would type them."""
    return shlex.join(str(word) for word in argv)


@dataclass(frozen=True)
class Command:
    """A program that is one end of a pipe."""

    argv: Sequence[str | Path]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Ended:
    """How one end of a pipe has ended, and what it said on stderr."""

    status: int
    said: str


def pipe(
    source: Command | Path, target: Command | Path, *, told: Callable[[int], None], changed: Callable[[bytes], bytes] = bytes
) -> tuple[Ended, Ended]:
    """Everything that the source prints (or a file has) into the target's stdin (or a file), passing through us.

    told: of every piece's bytes; changed: what of a piece goes on (all but the last have PIECE). If one end fails or we are
    interrupted, both have ended at the end. MissingTool: no such program; OSError: a file cannot be read or written.
    """
    with ExitStack() as stack:
        ends = [_End(each, stack) for each in (source, target)]
        reading, writing = ends[0].reading(), ends[1].writing()
        try:
            while data := reading.read(PIECE):
                try:
                    writing.write(changed(data))
                except BrokenPipeError:
                    break
                told(len(data))
        except BaseException:
            for end in ends:
                end.kill()
            raise
        with suppress(BrokenPipeError):
            writing.close()
        if ends[1].wait() != 0:
            ends[0].kill()
        ends[0].wait()
        return ends[0].ended(), ends[1].ended()


PIECE = 1 << 18


class _End:
    """A program or a file at one end of a pipe."""

    def __init__(self, what: Command | Path, stack: ExitStack) -> None:
        self._what, self._stack = what, stack
        self._process: Popen | None = None
        self._said: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)

    def reading(self) -> IO[bytes]:
        if isinstance(self._what, Path):
            return self._stack.enter_context(self._what.open("rb"))
        self._process = self._start(self._what, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        return self._stack.enter_context(self._process.stdout)

    def writing(self) -> IO[bytes]:
        if isinstance(self._what, Path):
            return self._stack.enter_context(self._what.open("wb"))
        self._process = self._start(self._what, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert self._process.stdin is not None
        return self._process.stdin

    def _start(self, what: Command, *, stdin: int, stdout: int) -> Popen:
        words = [str(word) for word in what.argv]
        try:
            made = subprocess.Popen(words, env=what.env, stdin=stdin, stdout=stdout, stderr=self._said, start_new_session=True)
        except (FileNotFoundError, PermissionError) as error:
            raise MissingTool(f"{words[0]} is not on this machine") from error
        self._stack.callback(self.kill)
        return made

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def wait(self) -> int:
        return self._process.wait() if self._process is not None else 0

    def ended(self) -> Ended:
        self._said.seek(0)
        return Ended(self.wait(), self._said.read().decode(errors="replace").strip())
