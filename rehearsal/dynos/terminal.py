"""The two ends of an attached one-off dyno: the rendezvous on one, the process on the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Terminal:
    """Bytes both ways between who is attached and a process.

    The rendezvous sets ``connected`` when somebody is there (the process starts only then, so that nothing is lost),
    sends with ``write`` and ``write_eof``, reads with ``read`` until b"", and calls ``hang_up`` when the connection is
    gone. The runtime sets the three callables when the process has started, and calls ``feed`` and ``end``.
    """

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.gone = asyncio.Event()
        self.columns, self.lines = 80, 24
        self.on_input: Callable[[bytes], None] | None = None
        self.on_eof: Callable[[], None] | None = None
        self.on_hang_up: Callable[[], None] | None = None
        self._output: asyncio.Queue[bytes] = asyncio.Queue()
        self._early = bytearray()
        self._ended = False

    def write(self, data: bytes) -> None:
        """Input for the process; kept until it has started."""
        if self.on_input is None:
            self._early += data
        else:
            self.on_input(data)

    def write_eof(self) -> None:
        if self.on_eof is not None:
            self.on_eof()

    async def read(self) -> bytes:
        """What the process printed; b"" when it has ended."""
        if self._ended and self._output.empty():
            return b""
        data = await self._output.get()
        if not data:
            self._ended = True
        return data

    def hang_up(self) -> None:
        """Who was attached is gone: the process gets SIGHUP."""
        self.gone.set()
        if self.on_hang_up is not None:
            self.on_hang_up()

    def started(self) -> None:
        """The callables are set: what came early goes in."""
        if self._early and self.on_input is not None:
            self.on_input(bytes(self._early))
            self._early.clear()

    def feed(self, data: bytes) -> None:
        if data:
            self._output.put_nowait(data)

    def end(self) -> None:
        self._output.put_nowait(b"")
