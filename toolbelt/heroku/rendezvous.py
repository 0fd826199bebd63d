"""Where a one-off dyno and who asked for it meet: bytes both ways over TLS (heroku/cli, src/lib/run/dyno.ts).

The client sends the secret of the address as a line, is answered ``rendezvous``, and from then on has the process's
terminal. Heroku tells no exit status: the command is given an echo of it behind, which is taken out of the output.
"""

from __future__ import annotations

import base64
import re
import selectors
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from toolbelt.addresses import is_local
from toolbelt.errors import ToolbeltError

MARK = "\uffff heroku-command-exit-status: "
READY = "\uffff ready"
END = re.compile(rf"{MARK}(\d+)\r?\n".encode())  # up to the line's end: the number may be cut, too
CTRL_D = b"\x04"  # what Heroku takes for the end of input
CONNECT = 20.0  # seconds
LONGEST = len(MARK.encode()) + 5  # bytes of which it is not clear yet whether they are the mark


def with_status(command: str) -> str:
    """The command, followed by an echo of its exit status; in a shell of its own, so that ``exit 3`` does not end both."""
    return f'( {command} ) ; echo "{MARK}$?"'


def piped(command: str) -> str:
    """The command for a caller without a terminal: what is sent is not echoed, lines end as they are written, and
    input waits for the sign that all this is so. The dyno's end is a terminal all the same, as with Heroku's CLI."""
    return f'stty -echo -onlcr 2>/dev/null ; echo "{READY}" ; {command}'


def fed(command: str) -> str:
    """``piped``, for a command that is fed anything at all: a terminal takes no line of more than 4095 bytes and has
    keys of its own, so that what is sent is base64 in short lines, which the dyno makes into what it was."""
    return piped(f"base64 -d | {command}")


def wrapped(content: bytes) -> bytes:
    """What is to be sent to a command that is ``fed``."""
    return base64.encodebytes(content)


class Unmet(ToolbeltError):
    """Nobody can be met at the address of a one-off dyno."""


class Status:
    """Takes the exit status out of what comes: pieces go through ``feed``, then ``rest``; ``value`` is None until it came."""

    def __init__(self) -> None:
        self.value: int | None = None
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be shown by now."""
        self._held += data
        if (found := END.search(self._held)) is not None:
            self.value = int(found[1])
            shown, self._held = self._held[: found.start()], self._held[found.end() :]
            return shown
        first = self._held.find("\uffff".encode())
        cut = len(self._held) if first < 0 else first
        if first < 0:  # the mark's first character may be cut in two
            cut -= next((n for n in (2, 1) if self._held.endswith("\uffff".encode()[:n])), 0)
        elif len(self._held) - first > LONGEST:
            cut = first + 1
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def rest(self) -> bytes:
        held, self._held = self._held, b""
        return held


class Rendezvous:
    """A connection to a one-off dyno."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "rendezvous":  # https: of a Private Space or the Fir generation, over ssh
            raise Unmet(
                "This app's one-off dynos cannot be attached to by these tools",
                finding=f"Heroku offers {parts.scheme or 'no address'}, as in a Private Space: these tools speak rendezvous.",
                todo="./inv run --detach starts one all the same; ./inv logs shows what it says",
            )
        host, port = parts.hostname or "", parts.port or 5000
        context = ssl.create_default_context()
        if is_local(f"https://{host}"):  # a rehearsal's certificate is signed by itself
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            plain = socket.create_connection((host, port), timeout=CONNECT)
            self.socket = context.wrap_socket(plain, server_hostname=host)
            secret = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
            self.socket.sendall(secret.encode() + b"\r\n")
            self._early = self._greeted()
        except OSError as error:
            raise Unmet(
                "The one-off dyno cannot be reached",
                finding=f"{host}:{port}: {error.strerror or type(error).__name__}",
                todo="Does this network let port 5000 out? ./inv run --detach needs no such connection.",
            ) from None
        self.socket.settimeout(None)

    def _greeted(self) -> bytes:
        said = b""
        while b"\n" not in said:
            piece = self.socket.recv(4096)
            if not piece:
                raise OSError("closed before it began")
            said += piece
        return said.partition(b"\n")[2]

    def talk(
        self, *, keys: int | None, read: Callable[[], bytes], show: Callable[[bytes], object], wait: bool = False
    ) -> int | None:
        """Bytes both ways until the process has ended; its exit status, None if it told none.

        keys: the file descriptor that ``read`` reads from, None for no input; wait: for the sign of ``piped``, of
        which nothing is shown.
        """
        status = Status()
        # Not epoll: that takes neither a file nor /dev/null for an input.
        with selectors.SelectSelector() as selector, self.socket:
            selector.register(self.socket, selectors.EVENT_READ)
            early = self._ready() if wait else self._early
            if keys is not None:
                selector.register(keys, selectors.EVENT_READ)
            show(status.feed(early))
            last = b"\n"
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.socket:
                        if not (data := self._received()):
                            show(status.rest())
                            return status.value
                        show(status.feed(data))
                    elif typed := read():
                        self.socket.sendall(typed)
                        last = typed[-1:]
                    else:
                        # In the middle of a line the first one only ends the line.
                        self.socket.sendall(CTRL_D if last == b"\n" else CTRL_D * 2)
                        selector.unregister(key.fileobj)

    def _ready(self) -> bytes:
        """Read up to the sign; what came behind it."""
        said, sign = self._early, READY.encode()
        while b"\n" not in said.partition(sign)[2]:
            if not (data := self._received()):
                return said
            said += data
        return said.partition(sign)[2].partition(b"\n")[2]

    def _received(self) -> bytes:
        """All that is there: TLS may hold more than the selector sees."""
        try:
            data = self.socket.recv(65536)
            while data and self.socket.pending():
                data += self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return b""
        return data
