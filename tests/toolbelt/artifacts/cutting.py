"""A line that breaks: a TCP proxy that cuts connections once so many bytes have gone through them."""

from __future__ import annotations

import socket
import threading
from collections import deque
from contextlib import suppress


class Line:
    """Forwards to 127.0.0.1:port. cuts: for each connection that sends at least that many bytes, in order, where it is
    cut; without one left, nothing is."""

    def __init__(self, port: int, *cuts: int) -> None:
        self.port, self.cuts, self.made = port, deque(cuts), 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.sent = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self._forth, args=(near, far), daemon=True).start()
            threading.Thread(target=self._back, args=(far, near), daemon=True).start()

    def _forth(self, near: socket.socket, far: socket.socket) -> None:
        passed = 0
        while piece := _read(near):
            passed += len(piece)
            self.sent += len(piece)
            if self.cuts and passed >= self.cuts[0]:
                self.cuts.popleft()
                self.made += 1
                break
            try:
                far.sendall(piece)
            except OSError:
                break
        _end(near, far)

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        while piece := _read(far):
            try:
                near.sendall(piece)
            except OSError:
                break
        _end(near, far)


def _read(end: socket.socket) -> bytes:
    try:
        return end.recv(16_384)
    except OSError:
        return b""


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
