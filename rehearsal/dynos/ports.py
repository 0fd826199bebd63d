"""The $PORT of a web dyno."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

FIRST, COUNT = 3000, 56_000
LENT = Path("/proc/sys/net/ipv4/ip_local_port_range")


def random_port() -> int:
    """A $PORT as a dyno gets it: high, another one every time, and free on this machine.

    None of those that the system lends to whoever connects to something: between now and the moment at which the dyno
    binds it, any program on this machine could get it.
    """
    lent = _lent()
    ports = [port for port in range(FIRST, FIRST + COUNT) if port not in lent] or range(FIRST, FIRST + COUNT)
    while True:
        port = secrets.choice(ports)
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
            return port


def _lent() -> range:
    """Ports for outgoing connections: as Linux tells it, elsewhere as IANA has it (RFC 6335, section 6)."""
    try:
        first, last = LENT.read_text().split()
    except (OSError, ValueError):
        return range(49_152, 65_536)
    return range(int(first), int(last) + 1)
