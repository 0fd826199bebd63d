"""The only place that starts a process."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
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
    if interruptible, raise KeyboardInterrupt.
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
