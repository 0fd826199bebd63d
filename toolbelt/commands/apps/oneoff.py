"""One-off dynos: a command on an app, with this terminal attached to it, or on its own."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from toolbelt import shell
from toolbelt.errors import DeployFailed, ToolbeltError, UsageError
from toolbelt.heroku import dynos, rendezvous
from toolbelt.heroku.dynos import OneOff
from toolbelt.heroku.refusals import Conflict
from toolbelt.heroku.rendezvous import Rendezvous
from toolbelt.tools import Heroku, Tools

CHUNK = 4096
TRIES = 3  # Heroku may not have the release at hand in the moment after a deploy (409)


def run(tools: Tools, argv: Sequence[str], *, stage: str, detach: bool = False, size: str = "") -> None:
    """Run a command on the stage's app. Its exit status is ours; detached, it goes on without us."""
    if not argv:
        raise UsageError("What is to be run?", todo="./inv run --stage staging -- python manage.py check")
    heroku = tools.heroku(stage)
    command = argv[0] if len(argv) == 1 else shell.quote(argv)
    if detach:
        made = _started(heroku, command, attach=False, environ={}, size=size)
        if (record := tools.printer.record) is not None:
            record.facts["dyno"] = made.name
        tools.printer.step("run", f"{made.name} of {heroku.app}; ./inv logs {made.name} --tail{heroku.stage.flag}")
        return
    person = sys.stdin.isatty() and sys.stdout.isatty()
    line = command if person else rendezvous.piped(command)
    if person:
        tools.printer.doing("run", f"a one-off dyno of {heroku.app}")
    read = _keys if person else _typed
    with _raw(person):
        status = _talk(heroku, tools, line, size=size, wait=not person, keys=sys.stdin.fileno(), read=read, show=_show)
    _leave(status)


def fed(tools: Tools, argv: Sequence[str], content: bytes, *, stage: str) -> None:
    """Run a command that reads the content from its stdin."""
    rest = rendezvous.wrapped(content)
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as reading:
        writer = threading.Thread(target=_write, args=(theirs, rest), daemon=True)
        writer.start()
        status = _talk(
            tools.heroku(stage), tools, rendezvous.fed(shell.quote(argv)), wait=True, keys=reading.fileno(),
            read=lambda: os.read(reading.fileno(), CHUNK), show=_show,
        )  # fmt: skip
    _leave(status)


def fetched(tools: Tools, argv: Sequence[str], take: Callable[[bytes], object], *, stage: str) -> None:
    """Run a command, and hand what it prints on, byte by byte as it prints it."""
    line = rendezvous.piped(shell.quote(argv))
    _leave(_talk(tools.heroku(stage), tools, line, wait=True, keys=None, read=_typed, show=take))


def scripted(tools: Tools, heroku: Heroku, command: str, *, size: str, environ: Mapping[str, str]) -> int:
    """Run a command line that nobody types to, with its output shown; its exit status."""
    line = rendezvous.piped(f"( {command} ) </dev/null")
    return _talk(heroku, tools, line, wait=True, keys=None, read=_typed, show=_show, size=size, environ=environ)


def _talk(
    heroku: Heroku,
    tools: Tools,
    line: str,
    *,
    wait: bool,
    keys: int | None,
    read: Callable[[], bytes],
    show: Callable[[bytes], object],
    size: str = "",
    environ: Mapping[str, str] | None = None,
) -> int:
    """Start a dyno for a command line and speak with it to its end; the command's exit status."""
    given = {**_terminal(tools.config.environ), **(environ or {})}
    made = _started(heroku, rendezvous.with_status(line), attach=True, environ=given, size=size)
    try:
        status = Rendezvous(made.attach_url).talk(keys=keys, read=read, show=show, wait=wait)
    except rendezvous.Unmet as error:
        with suppress(ToolbeltError):
            dynos.stop(heroku.client, heroku.app, made.name)
            error.finding += f"\n{made.name}, which was started for it, was stopped."
        raise
    except Gone as error:
        error.todo = f"./inv ps{heroku.stage.flag} tells whether {made.name} still runs"
        raise
    if status is None:
        raise DeployFailed(
            f"{made.name} ended without telling its exit status",
            finding="It was stopped, or the connection to it is gone: whether the command did its work is not known.",
            todo=f"./inv logs {made.name}{heroku.stage.flag}",
        )
    return status


def _leave(status: int) -> None:
    """The command's exit status is ours."""
    if status != 0:
        raise SystemExit(status)


class Gone(ToolbeltError):
    """The terminal, or the pipe in its place, is not there any more."""

    def __init__(self, error: OSError) -> None:
        half = "The dyno's process is hung up: whether the command did its work is not known."
        super().__init__("There is nobody to speak with any more", finding=f"{error.strerror}. {half}")


def _typed() -> bytes:
    try:
        return os.read(sys.stdin.fileno(), CHUNK)
    except OSError as error:
        raise Gone(error) from None


def _keys() -> bytes:
    """What a person types: a raw terminal has no end of input (Ctrl-D is a key), unless it is gone."""
    if not (typed := _typed()):
        raise Gone(OSError(errno.EIO, os.strerror(errno.EIO)))
    return typed


def _write(descriptor: int, content: bytes) -> None:
    with suppress(OSError), os.fdopen(descriptor, "wb") as file:
        file.write(content)


def manage(tools: Tools, *words: str, stage: str) -> None:
    """`manage.py` on the stage's app.

    A console takes a dyno's terminal for a person, and its own mode of it swallows the end of what is piped in: it gets a
    pipe there as well. Other commands need none, and end without waiting for the input's end.
    """
    argv = ["python", "manage.py", *words]
    console = words[:1] == ("shell",) and not any(word.startswith(("-c", "--command")) for word in words)
    run(tools, [f"cat | {shell.quote(argv)}"] if console and not sys.stdin.isatty() else argv, stage=stage)


def _started(heroku: Heroku, command: str, *, attach: bool, environ: Mapping[str, str], size: str) -> OneOff:
    for attempt in range(TRIES):
        try:
            return dynos.run(heroku.client, heroku.app, command, attach=attach, environ=environ, size=size)
        except Conflict:
            if attempt == TRIES - 1:
                raise
            heroku.client.sleep(1)
    raise AssertionError("not reached")


def _terminal(environ: Mapping[str, str]) -> dict[str, str]:
    """What the process's terminal is to be like; Heroku takes its size from the environ, once."""
    size = shutil.get_terminal_size()
    return {"TERM": environ.get("TERM", "xterm"), "COLUMNS": str(size.columns), "LINES": str(size.lines)}


def _show(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise Gone(error) from None


@contextmanager
def _raw(person: bool) -> Iterator[None]:
    """Every key goes to the dyno as it is, Ctrl-C among them; whatever happens, the terminal is itself again.

    A signal that ends us is no exception to Python unless it is made one. The connection ends with us, and the dyno's
    process with it: it is hung up.
    """
    if not person:
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    handlers = {number: signal.signal(number, _end) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        with suppress(termios.error):  # a terminal that is gone needs no restoring
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
