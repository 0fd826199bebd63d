"""A program that we started, with its output as lines or on a terminal: what both runtimes are made of."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rehearsal.dynos.terminal import Terminal

CHUNK = 64 * 1024


class Spawned:
    """The running program. It leads a session of its own, so that Ctrl-C at our terminal is not its business."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._pending = b""
        self._pump: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        *,
        environ: Mapping[str, str],
        cwd: Path | None = None,
        terminal: Terminal | None = None,
        tty: bool = False,
        prepare: Callable[[], None] | None = None,
    ) -> Spawned:
        """Start a program; prepare runs in the child before it. Raises OSError where there is no such program."""
        if terminal is not None and tty:
            return await cls._on_terminal(argv, environ=environ, cwd=cwd, terminal=terminal, prepare=prepare)
        process = await asyncio.create_subprocess_exec(
            *argv,
            env=environ,
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL if terminal is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=prepare,
        )
        spawned = cls(process)
        if terminal is not None:
            spawned._connect_pipes(terminal)
        return spawned

    @classmethod
    async def _on_terminal(
        cls,
        argv: Sequence[str],
        *,
        environ: Mapping[str, str],
        cwd: Path | None,
        terminal: Terminal,
        prepare: Callable[[], None] | None,
    ) -> Spawned:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", terminal.lines, terminal.columns, 0, 0))

        def in_child() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if prepare is not None:
                prepare()

        try:
            process = await asyncio.create_subprocess_exec(
                *argv, env=environ, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs,
                start_new_session=True, preexec_fn=in_child,
            )  # fmt: skip
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        spawned = cls(process)
        spawned._connect_terminal(terminal, ours)
        return spawned

    def _connect_pipes(self, terminal: Terminal) -> None:
        writer, reader = self.process.stdin, self.process.stdout
        assert writer is not None
        assert reader is not None
        terminal.on_input = writer.write
        terminal.on_eof = writer.close
        terminal.on_hang_up = lambda: self.signal(signal.SIGHUP)
        terminal.started()

        async def pump() -> None:
            while data := await reader.read(CHUNK):
                terminal.feed(data)
            terminal.end()

        self._pump = asyncio.create_task(pump())

    def _connect_terminal(self, terminal: Terminal, master: int) -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def readable() -> None:
            try:
                data = os.read(master, CHUNK)
            except OSError:  # EIO: the other end is closed
                data = b""
            if data:
                terminal.feed(data)
            else:
                loop.remove_reader(master)
                ended.set()

        def send(data: bytes) -> None:
            with contextlib.suppress(OSError):
                os.write(master, data)

        terminal.on_input = send
        terminal.on_eof = lambda: send(b"\x04")
        terminal.on_hang_up = lambda: self.signal(signal.SIGHUP)
        loop.add_reader(master, readable)
        terminal.started()

        async def finish() -> None:
            await self.process.wait()
            # A background process may keep the terminal open; what the command itself printed is here by now.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), 1.0)
            terminal.on_input = terminal.on_eof = terminal.on_hang_up = None
            loop.remove_reader(master)
            os.close(master)
            terminal.end()

        self._pump = asyncio.create_task(finish())

    async def line(self) -> str | None:
        """The next line of output; None at the end, or at once where a terminal gets the output."""
        stream = self.process.stdout
        if self._pump is not None or stream is None:
            return None
        while b"\n" not in self._pending and len(self._pending) < CHUNK:
            data = await stream.read(CHUNK)
            if not data:
                last, self._pending = self._pending, b""
                return last.decode(errors="replace") if last else None
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    async def wait(self) -> int:
        """The exit status as a shell tells it, once all output was handed on."""
        status = await self.process.wait()
        if self._pump is not None:
            await asyncio.shield(self._pump)
        return status if status >= 0 else 128 - status

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)
